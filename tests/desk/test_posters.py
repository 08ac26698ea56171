"""The desk's posters: a lead prints those of their territory, sees what each brought, and nobody's name."""

from datetime import date

import pytest
from pydantic import AnyHttpUrl

from bot.posters import counts
from directory import posters
from tests.bot.people import arrive
from tests.desk.world import START, Browser, Wiring, World, one_database
from tests.directory.builders import add_stop

NORTH, SOUTH = "nord", "sud"


@pytest.fixture
def codes(wiring: Wiring, world: World) -> dict[str, str]:
    """The codes of a stop in each territory, and of one that is past."""
    wiring.settings.public_url = AnyHttpUrl("http://desk.test")
    with wiring.database.transaction() as session:
        coming = date(2026, 12, 1)
        add_stop(session, NORTH, coming, bus="Bus du nord", insee_code="59350")
        add_stop(session, SOUTH, coming, bus="Bus du sud", insee_code="11069")
        add_stop(session, "hier", date(2026, 11, 20), bus="Bus d’hier", insee_code="11069")
        posters.give_codes(session)
        return {name: posters.meant(session, name).code for name in (NORTH, SOUTH, "hier")}


@one_database
def test_a_lead_prints_their_own(south: Browser, codes: dict[str, str]) -> None:
    status, page = south.get("/posters")
    assert (status, codes[SOUTH] in page, codes[NORTH] in page, codes["hier"] in page) == (200, True, False, False)
    for format_ in ("a4", "a3", "card"):
        answer = south.request("GET", f"/posters/{codes[SOUTH]}/{format_}.pdf")
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"


@one_database
def test_nobody_prints_what_is_not_theirs_or_not_there(south: Browser, codes: dict[str, str]) -> None:
    for path in (f"{codes[NORTH]}/a4", "K9X9K/a4", f"{codes[SOUTH]}/a2", "nope/a4"):
        assert south.get(f"/posters/{path}.pdf")[0] == 404


@one_database
def test_the_coordination_prints_all(inside: Browser, codes: dict[str, str]) -> None:
    everyone = inside("all")  # type: ignore[operator]
    assert everyone.get(f"/posters/{codes[NORTH]}/a4.pdf")[0] == 200
    assert codes[NORTH] in everyone.get("/posters")[1]


def test_what_a_poster_brought_is_shown(wiring: Wiring, south: Browser, codes: dict[str, str]) -> None:
    with wiring.database.transaction() as session:
        for code in (codes["hier"], codes["hier"], None):
            counts.note_opening(session, code, START.date())
        arrive(session, START, "je suis Amina", referral=codes["hier"])
    _, page = south.get("/posters")
    past = page[page.index("Bus d’hier") :]
    assert "2 ouvertures · 1 personne · 0 dossier · 0 rendez-vous" in past
    assert page.index("Bus du sud") < page.index("Bus d’hier")
    assert "Codes que personne" not in page


@one_database
def test_without_an_address_the_page_says_what_is_missing(
    wiring: Wiring, south: Browser, codes: dict[str, str]
) -> None:
    wiring.settings.public_url = None
    assert "ALLERVERS_PUBLIC_URL" in south.get("/posters")[1]
    assert south.get(f"/posters/{codes[SOUTH]}/a4.pdf")[0] == 404


@one_database
def test_whoever_is_not_inside_is_asked_who_they_are(new_browser: Browser, codes: dict[str, str]) -> None:
    stranger = new_browser()  # type: ignore[operator]
    assert stranger.request("GET", f"/posters/{codes[SOUTH]}/a4.pdf").status_code == 303


@one_database
def test_two_permanences_of_one_place_are_told_apart(south: Browser, codes: dict[str, str]) -> None:
    assert "permanence du lundi à 9\u00a0h · code " in south.get("/posters")[1]
