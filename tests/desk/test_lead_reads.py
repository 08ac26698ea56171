"""What a lead reads at a glance: French words for every answer, who is who, the end of the talk, tomorrow."""

from datetime import timedelta

from desk import words
from desk.casefile import MESSAGES_SHOWN
from flows.actions.save_profile import FIELDS
from tests.desk.world import START, Browser, Wiring, World, book, one_database, open_case, person, say

PROFILE = {
    "idea": "couture", "stage": "preparing", "situation": "job_seeker", "need": "money", "age_band": "26_44",
    "commune": {"name": "Carcassonne", "insee_code": "11069"}, "reach": "phone",
}  # fmt: skip


@one_database
def test_answers_are_in_french(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        case = open_case(session, person(session, "+33639980001"), world.leads["south"])
        case.profile = PROFILE
    page = south.get("/cases/1")[1]
    for said in ("prépare son projet", "en recherche d’emploi", "un financement", "26 à 44 ans", "Carcassonne"):
        assert said in page, said
    assert "Préfère\u00a0: par téléphone" in page.replace("&nbsp;", "\u00a0")
    for raw in ("job_seeker", "preparing", "26_44", ">phone<", "11069"):
        assert raw not in page, raw


def test_every_answer_has_a_title() -> None:
    assert set(FIELDS) == set(words.WORDS["profile"])


@one_database
def test_people_without_a_name_are_told_apart(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        for number in (1, 2):
            open_case(session, person(session, f"+3363998000{number}", None), world.leads["south"])
    home = south.get("/")[1]
    assert home.count("Personne sans nom") == 2
    for number in (1, 2):
        assert f"dossier {number}" in home
        assert f"dossier {number}" in south.get(f"/cases/{number}")[1]


@one_database
def test_the_end_of_the_talk_is_shown_and_only_the_last_choices(wiring: Wiring, world: World, south: Browser) -> None:
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001")
        open_case(session, conversation, world.leads["south"])
        for number in range(MESSAGES_SHOWN + 5):
            message = say(session, conversation, "bot", f"question {number}.", START + timedelta(seconds=number))
            message.content = {"choices": [{"title": f"réponse {number}."}]}
    page = south.get("/cases/1")[1]
    assert "question 4." not in page
    assert f"question {MESSAGES_SHOWN + 4}." in page
    assert f"réponse {MESSAGES_SHOWN + 4}." in page
    assert f"réponse {MESSAGES_SHOWN + 3}." not in page
    assert "messages plus anciens" in page
    assert "question 0." in south.get("/cases/1?tout=1")[1]


@one_database
def test_home_always_speaks_of_tomorrow(wiring: Wiring, world: World, south: Browser) -> None:
    home = south.get("/")[1]
    assert "Demain, mardi 24 novembre" in home
    assert "Aucun rendez-vous." in home
    with wiring.database.transaction() as session:
        conversation = person(session, "+33639980001")
        book(session, world, "south", conversation, START + timedelta(hours=2))
        book(session, world, "south", conversation, START + timedelta(days=1))
    home = south.get("/")[1]
    assert "Aujourd’hui, lundi 23 novembre" in home
    assert "Aucun rendez-vous." not in home
    assert home.count("Espace Ozanam") == 2
