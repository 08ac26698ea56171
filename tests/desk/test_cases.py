"""Treating a case: who sees it, what it shows, and what each form changes."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from bot.conversations import cases, consent
from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.jobs import Job
from bot.conversations.models import Conversation, Message
from desk.app import GUARDED
from desk.caseload import lines
from desk.door import Action
from directory.models import Lead
from tests.desk.world import START, Browser, Wiring, World, fields, one_database, open_case, person, say

HOSTILE = "<script>alert('é')</script>\"'{{ 7*7 }}"


def one_case(wiring: Wiring, world: World, lead: str = "south", name: str = "Samira") -> int:
    """A case of someone who wrote; its id."""
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001", name)
        say(session, conversation, "resident", "bjr c pr monter ma boite", START - timedelta(minutes=10))
        say(session, conversation, "bot", "Une personne vous répond.", START - timedelta(minutes=10))
        return open_case(session, conversation, world.leads[lead], START - timedelta(minutes=10), urgent=True).id


def test_another_territory_does_not_exist(wiring: Wiring, world: World, inside: Callable[[str], Browser]) -> None:
    case_id = one_case(wiring, world, "north")
    south, everyone = inside("south"), inside("all")
    token = fields(south.get("/logout")[1], "/desk/logout")
    for item in GUARDED:
        if "case_id" in item.path:
            path = item.path.replace("{case_id:int}", str(case_id))
            if isinstance(item, Action):
                form = token | {"token": path, "text": "bonjour", "note": "n", "outcome": "created"}
                assert south.send(path, form)[0] == 404, path
            else:
                assert south.get(path)[0] == 404, path
                assert everyone.get(path)[0] == 200, path
    assert "Samira" not in south.get("/")[1]
    assert "Samira" in everyone.get("/")[1]
    assert south.get(f"/cases/{case_id + 1}")[0] == 404
    with wiring.database.reading() as session:
        assert session.scalar(select(func.count(CaseEntry.id))) == 1
        assert session.scalars(select(Conversation.owner_epoch)).all() == [0]


@one_database
def test_what_people_write_is_never_markup(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world, name=HOSTILE)
    with wiring.database.transaction() as session:
        case = session.get_one(Case, case_id)
        message = say(session, session.get_one(Conversation, case.conversation_id), "resident", HOSTILE, START)
        message.content = {"choices": [{"title": HOSTILE}]}
        case.summary, case.profile = HOSTILE, {"idea": HOSTILE, HOSTILE: HOSTILE}
        session.get_one(Lead, world.leads["south"]).role = HOSTILE
    south.submit(f"/cases/{case_id}", f"/cases/{case_id}/note", note=HOSTILE)
    south.submit(f"/cases/{case_id}", f"/cases/{case_id}/take")
    pages = [south.get(path)[1] for path in ("/", "/live", f"/cases/{case_id}", f"/cases/{case_id}/live")]
    pages.append(south.submit(f"/cases/{case_id}", f"/cases/{case_id}/reply", text=HOSTILE + "x" * 2_000)[1])
    for page in pages:
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "{{ 7*7 }}" in page


def test_the_case_says_what_a_lead_needs(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    _, page = south.get(f"/cases/{case_id}")
    shown = ("Samira", "Carcassonne", "Demande à parler", "tel:+33639980001", "06\xa039\xa098\xa000\xa001")
    for words in (*shown, "Projet : couture.", "bjr c pr monter", "Dossier ouvert", "8\xa0h\xa050", "Robot"):
        assert words in page, words


def test_taking_over_silences_the_bot_and_giving_back_lets_it_speak(
    wiring: Wiring, world: World, south: Browser
) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    assert south.submit(page, f"{page}/take") == (303, f"/desk{page}?fait=taken")
    with wiring.database.reading() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert (conversation.owner_lead_id, conversation.owner_epoch) == (world.leads["south"], 1)
    assert "Vous avez la parole" in south.get(f"{page}?fait=taken")[1]
    assert south.submit(page, f"{page}/give-back") == (303, f"/desk{page}?fait=given_back")
    with wiring.database.reading() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert (conversation.owner_lead_id, conversation.owner_epoch) == (None, 2)
    assert "Le robot a la parole" in south.get(page)[1]


def test_a_reply_is_owed_and_takes_over(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    assert south.submit(page, f"{page}/reply", text="  Bonjour,\r\nje vous appelle.\x00 ")[1].endswith("?fait=replied")
    with wiring.database.reading() as session:
        message = session.scalars(select(Message).where(Message.author == "lead")).one()
        assert message.text == "Bonjour,\nje vous appelle."
        assert (message.status, message.owner_epoch, message.lead_id) == ("queued", 1, world.leads["south"])
        assert session.scalars(select(Job.payload)).one()["message_id"] == message.id
        assert not session.get_one(Case, case_id).urgent
    assert wiring.woken == 1


def test_a_form_sent_twice_changes_nothing_more(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    form = fields(south.get(page)[1], f"/desk{page}/reply") | {"text": "Bonjour"}
    first, second = south.send(f"{page}/reply", form), south.send(f"{page}/reply", form)
    assert first[0] == second[0] == 303
    with wiring.database.reading() as session:
        assert len(session.scalars(select(Message).where(Message.author == "lead")).all()) == 1


def test_a_refused_form_keeps_what_was_typed_and_can_be_sent_again(
    wiring: Wiring, world: World, south: Browser
) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    stale = fields(south.get(page)[1], f"/desk{page}/reply") | {"csrf": "old", "text": "Un long texte"}
    status, text = south.send(f"{page}/reply", stale)
    assert status == 403
    assert ">Un long texte</textarea>" in text
    fresh = fields(text, f"/desk{page}/reply") | {"text": "Un long texte"}
    assert south.send(f"{page}/reply", fresh)[0] == 303
    for action, form, words in (
        ("reply", {"text": " \n "}, "vide"),
        ("reply", {"text": "x" * 1_501}, "trop long"),
        ("reply", {"text": "Puis… " * 210}, "trop long"),  # a handset writes … with three dots
        ("note", {"note": ""}, "vide"),
        ("close", {"outcome": "rich"}, "Choisissez"),
        ("close", {}, "Choisissez"),
    ):
        status, text = south.submit(page, f"{page}/{action}", **form)
        assert (status, words in text) == (422, True), (action, form)


def test_a_reply_nobody_would_get_is_refused_with_a_way_on(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    form = fields(south.get(page)[1], f"/desk{page}/reply") | {"text": "Bonjour"}
    with wiring.database.transaction() as session:
        session.scalars(select(Conversation)).one().address.stopped_at = START
    status, text = south.send(f"{page}/reply", form)
    assert status == 422
    assert "ne reçoit plus nos messages" in text
    assert "a dit STOP" in text
    assert "tel:+33639980001" in text
    with wiring.database.reading() as session:
        assert not session.scalars(select(Job)).all()


def test_two_leads_do_not_speak_at_once(wiring: Wiring, world: World, inside: Callable[[str], Browser]) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    south, everyone = inside("south"), inside("all")
    everyone.submit(page, f"{page}/take")
    status, text = south.submit(page, f"{page}/reply", text="Bonjour")
    assert status == 422
    assert "d’autre parle déjà" in text
    assert ">Bonjour</textarea>" in text
    assert "Chef·fe de projet all a la parole" in text


def test_notes_and_outcomes_are_kept(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    page = f"/cases/{case_id}"
    south.submit(page, f"{page}/note", note="Rappelée, dispo jeudi")
    assert "Rappelée, dispo jeudi" in south.get(page)[1]
    assert south.submit(page, f"{page}/close", outcome="oriented")[1].endswith("?fait=closed")
    with wiring.database.reading() as session:
        case = session.get_one(Case, case_id)
        assert (case.outcome, case.closed_at) == ("oriented", START)
    text = south.get(page)[1]
    assert "Dossier clos" in text
    assert "Votre réponse" not in text
    assert "Samira" not in south.get("/")[1]
    assert "Orientation vers un partenaire" in south.get("/closed")[1]


def test_the_page_is_refreshed_only_when_something_changed(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    for path in (f"/cases/{case_id}/live", "/live"):
        answer = south.request("GET", path)
        version = answer.headers["x-version"]
        assert "data-section" in answer.text
        assert "<form" not in answer.text  # nothing that is being typed is ever replaced
        assert south.request("GET", f"{path}?known={version}").status_code == 204
    page = south.get(f"/cases/{case_id}")[1]
    known = page.split('data-every="5" data-version="')[1].split('"')[0]
    assert south.request("GET", f"/cases/{case_id}/live?known={known}").status_code == 204
    with wiring.database.transaction() as session:
        say(session, session.scalars(select(Conversation)).one(), "resident", "vous êtes là ?", START)
    assert "vous êtes là" in south.request("GET", f"/cases/{case_id}/live?known={known}").text


def test_a_reply_the_bot_never_gave_is_not_shown(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    with wiring.database.transaction() as session:
        said = say(session, session.scalars(select(Conversation)).one(), "bot", "jamais dit", START)
        said.status = "dropped"
    assert "jamais dit" not in south.get(f"/cases/{case_id}")[1]


def test_who_waits_longest_comes_first(wiring: Wiring, world: World) -> None:
    lead = world.leads["south"]
    with wiring.database.transaction() as session:
        names = {}
        for number, (name, age, urgent) in enumerate(
            [("new", 1, False), ("answered", 9, False), ("urgent", 2, True), ("back", 8, False), ("noted", 7, False)]
        ):
            conversation = person(session, f"+3363998001{number}", name)
            case = open_case(session, conversation, lead, START - timedelta(hours=age), urgent=urgent)
            names[case.id] = name
            if name in ("answered", "back"):
                say(session, conversation, "lead", "Bonjour", START - timedelta(hours=5))
            if name == "back":
                say(session, conversation, "resident", "merci", START - timedelta(hours=4))
                say(session, conversation, "resident", "et aussi", START - timedelta(hours=3))
            if name == "noted":
                cases.note(session, case.id, lead, "appelé", START - timedelta(hours=2))
        found = lines(session, lead, cases.visible(session, lead))
    assert [names[line.case.id] for line in found] == ["urgent", "back", "new", "answered", "noted"]
    waiting = [line.waiting_since and (START - line.waiting_since) // timedelta(hours=1) for line in found]
    assert waiting == [2, 4, 1, None, None]


@one_database
def test_an_empty_desk_says_so(south: Browser) -> None:
    assert "Personne n’attend" in south.get("/")[1]
    assert "Aucun dossier clos" in south.get("/closed")[1]


def test_an_erased_person_is_only_a_line(wiring: Wiring, world: World, south: Browser) -> None:
    case_id = one_case(wiring, world)
    with wiring.database.transaction() as session:
        consent.erase(session, session.get_one(Case, case_id).contact, START)
    text = south.get(f"/cases/{case_id}")[1]
    assert "Samira" not in text
    assert "98\xa000" not in text
    assert "fait effacer ses données" in text
    assert "Données effacées" in south.get("/closed")[1]
