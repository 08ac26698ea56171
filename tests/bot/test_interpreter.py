"""What people write in each state, and the commands it becomes. One line a message, with the real model."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.engine import commands as c
from flows.engine.events import Choice
from flows.engine.state import DialogueState
from nlu.understanding import Entity, Intent, Understanding
from tests.bot.listener import BOOKING, CARCASSONNE, ONE_OPENING, OPENINGS, hear, idle, waiting

STAGE = waiting("qualify_project", "stage")
SECTOR = waiting("qualify_project", "sector")
AGE = waiting("qualify_project", "age_band")
NAME = waiting("qualify_project", "name", commune=CARCASSONNE)
TOWN = waiting("find_place", "commune")
WHO = waiting("book_appointment", "name", commune=CARCASSONNE, opening="r9")
GREETED = idle("utter_greet")
KNOWN = idle("utter_greet", commune=CARCASSONNE, name="Karim")
OFFERED = idle("utter_no_place")
SAINT_DENIS_93 = {"insee_code": "93066", "name": "Saint-Denis"}
NAMESAKES = tuple(Choice(f"Saint-Denis ({code[:-3]})", f"/SetSlots(commune={code})") for code in ("93066", "97411"))
WHICH = waiting("find_place", "commune", NAMESAKES)
NOTED = "ChitChat utter_noted"

MESSAGES: list[tuple[DialogueState, str, list[str]]] = [
    # A choice is tapped, typed, numbered or ranked.
    (GREETED, "2", ["StartFlow find_place"]),
    (GREETED, "le 2", ["StartFlow find_place"]),
    (GREETED, "trouver un lieu", ["StartFlow find_place"]),
    (GREETED, "9", ["CannotHandle off_the_menu"]),
    (idle(), "2", ["CannotHandle off_the_menu"]),
    (BOOKING, "la 2eme", ["SetSlot opening=r10"]),
    (BOOKING, "le 1er créneau svp", ["SetSlot opening=r9"]),
    (BOOKING, "je prends le dernier", ["SetSlot opening=r14"]),
    (BOOKING, "le troisième", ["SetSlot opening=r14"]),
    (BOOKING, "n'importe lequel", ["SetSlot opening=r9"]),
    (BOOKING, "au plus vite", ["SetSlot opening=r9"]),
    (BOOKING, "autres", ["SetSlot more_openings=true"]),
    (BOOKING, "aucun", ["SetSlot more_openings=true"]),
    (STAGE, "la deuxieme", ["SetSlot stage=preparing"]),
    (STAGE, "peu importe", ["SkipQuestion"]),
    # "Oui" takes what was proposed, when one thing was.
    (OFFERED, "oui", ["StartFlow talk_to_human"]),
    (ONE_OPENING, "oui", ["SetSlot opening=r9"]),
    (BOOKING, "oui", ["CannotHandle which_choice"]),
    (STAGE, "oui", ["CannotHandle which_choice"]),
    (GREETED, "ok", ["ChitChat utter_ok"]),
    (idle("utter_no_booking"), "ouais", ["StartFlow book_appointment"]),
    # Days and hours.
    (BOOKING, "jeudi", ["SetSlot wanted_date=2026-11-26/2026-11-26"]),
    (BOOKING, "pas lundi", ["SetSlot wanted_date=not 2026-11-23/2026-11-23"]),
    (BOOKING, "lundi je peux pas", ["SetSlot wanted_date=not 2026-11-23/2026-11-23"]),
    (BOOKING, "pas lundi, mardi", ["SetSlot wanted_date=2026-11-24/2026-11-24"]),
    (BOOKING, "jeudi ou vendredi", ["SetSlot wanted_date=2026-11-26/2026-11-26 or 2026-11-27/2026-11-27"]),
    (BOOKING, "ni lundi ni mardi", ["SetSlot wanted_date=not 2026-11-23/2026-11-23 or 2026-11-24/2026-11-24"]),
    (BOOKING, "14h ou 15h", ["SetSlot wanted_time=14:00/14:00 or 15:00/15:00"]),
    (BOOKING, "pas le matin", ["SetSlot wanted_time=not 08:00/12:00"]),
    (BOOKING, "le 8 à 9h30", ["SetSlot wanted_date=2026-12-08/2026-12-08", "SetSlot wanted_time=09:30/09:30"]),
    (KNOWN, "demain aprem", ["SetSlot wanted_date=2026-11-24/2026-11-24", "SetSlot wanted_time=12:00/18:00",
                             "StartFlow book_appointment"]),
    (BOOKING, "non", ["SetSlot more_openings=True"]),
    # Towns.
    (GREETED, "Lens", ["SetSlot commune=Lens", "StartFlow find_place"]),
    (GREETED, "je suis à mamoudzou", ["SetSlot commune=Mamoudzou", "StartFlow find_place"]),
    (GREETED, "marseille 13e", ["SetSlot commune=Marseille 13e Arrondissement", "StartFlow find_place"]),
    (KNOWN, "saint-denis", ["SetSlot commune=None", "SetSlot commune_candidates=93066 97411", "StartFlow find_place"]),
    (TOWN, "la réunion", ["SetSlot commune_candidates=97411 97415 97416 97422"]),
    (TOWN, "mayotte", ["SetSlot commune_candidates=97611 97610 97608 97607"]),
    (TOWN, "samira", ["CannotHandle unknown_commune"]),
    (TOWN, "dans le sud", ["CannotHandle unknown_commune"]),
    (TOWN, "sarcelle", ["SetSlot commune=Sarcelles"]),
    (TOWN, "non", ["CancelFlow"]),
    (waiting("qualify_project", "commune"), "non", ["SkipQuestion"]),
    (waiting("find_place", "commune", ()), "93", ["CannotHandle unknown_commune"]),
    # Names that are also towns.
    (WHO, "Paris", ["SetSlot name=Paris"]),
    (NAME, "Lens", ["SetSlot name=Lens"]),
    (WHO, "moi c'est Inès", ["SetSlot name=Inès"]),
    (WHO, "Diallo", ["SetSlot name=Diallo"]),
    (WHO, "Bernard", ["SetSlot name=Bernard"]),
    (WHO, "Noa", ["SetSlot name=Noa"]),
    (WHO, "tu peux mettre Sarah stp", ["SetSlot name=Sarah"]),
    (WHO, "salut je m'appelle Jean", ["SetSlot name=Jean"]),
    (WHO, "merci", ["ChitChat utter_thanks"]),
    (WHO, "non", ["SkipQuestion"]),
    (WHO, "laisse tomber", ["CancelFlow"]),
    (WHO, "je m'appelle Fatou et je voudrais aussi savoir pour l'acre", ["SetSlot name=Fatou"]),
    (NAME, "j'habite à Lens", ["SetSlot commune=Lens"]),
    (waiting("book_appointment", "commune"), "je veux un rdv", ["StartFlow book_appointment"]),
    # Ages.
    (AGE, "moins de 18", ["SetSlot age_band=under_18"]),
    (AGE, "18", ["SetSlot age_band=18_25"]),
    (AGE, "plus de 45 ans", ["SetSlot age_band=45_plus"]),
    # What is not meant.
    (waiting("qualify_project", "situation", sector="vtc"), "non pas vtc livreur", ["CorrectSlot sector=livraison"]),
    (TOWN, "c'est pas à Lens c'est à Liévin", ["SetSlot commune=Liévin"]),
    # Said elsewhere than where it is asked.
    (SECTOR, "chui a carcassone", ["SetSlot commune=Carcassonne", NOTED]),
    (STAGE, "jsuis salarié", ["SetSlot situation=employee", NOTED]),
    (waiting("qualify_project", "situation"), "je cherche du boulot", ["SetSlot situation=job_seeker"]),
    (waiting("qualify_project", "situation"), "je travaille pas", ["SetSlot situation=job_seeker"]),
    (STAGE, "je m'appelle Inès", ["SetSlot name=Inès", NOTED]),
    (waiting("qualify_project", "idea"), "couture", ["SetSlot idea=couture", "SetSlot sector=couture"]),
    (TOWN, "06 39 98 01 07", ["SetSlot phone=+33639980107", NOTED]),
    (idle(), "0639980107", ["SetSlot phone=+33639980107", "ChitChat utter_number_kept"]),
    (idle(), "mon numero c 0639980107", ["SetSlot phone=+33639980107", "ChitChat utter_number_kept"]),
    # Pleasantries.
    (TOWN, "merci", ["ChitChat utter_thanks"]),
    (TOWN, "bonne soirée", ["ChitChat utter_goodbye"]),
    (KNOWN, "à demain", ["ChitChat utter_goodbye"]),
    (KNOWN, "demain", ["SetSlot wanted_date=2026-11-24/2026-11-24", "StartFlow book_appointment"]),
    (WHO, "c mort", ["CancelFlow"]),
    (GREETED, "?", ["RepeatBotMessages"]),
    # Taken back.
    (idle(commune=CARCASSONNE), "non, c'est Lens", ["CorrectSlot commune=Lens"]),
    (idle(situation="employee"), "en fait je suis au chômage", ["CorrectSlot situation=job_seeker"]),
    (idle(name="Karim"), "Non, c'est Inès", ["CorrectSlot name=Inès"]),
    (idle(age_band="26_44"), "non j'ai 17 ans", ["CorrectSlot age_band=under_18"]),
    (idle(age_band="26_44"), "en fait j'ai 44 ans", [NOTED]),
    (waiting("qualify_project", "reach"), "non j'ai 17 ans", ["SetSlot age_band=under_18"]),
    (waiting("book_appointment", "name", opening="r9"), "en fait plutôt jeudi",
     ["SetSlot wanted_date=2026-11-26/2026-11-26", "CorrectSlot opening=None"]),
    (idle(commune=SAINT_DENIS_93), "non mais je voulais dire le 974", ["CorrectSlot commune=Saint-Denis"]),
    (idle(commune=CARCASSONNE), "non, le 974", ["SetSlot commune=None", "StartFlow find_place"]),
    (WHICH, "non mais je voulais dire le 974", ["SetSlot commune=Saint-Denis"]),
    (WHICH, "le 93", ["SetSlot commune=Saint-Denis"]),
    # Given up, or not.
    (BOOKING, "laisse tomber", ["CancelFlow"]),
    (TOWN, "non finalement", ["CancelFlow"]),
    (idle(), "je veux PAS supprimer", ["ChitChat utter_no_problem"]),
    (idle(), "je veux pas annuler", ["StartFlow my_appointment"]),
    (idle(), "vous gardez mon numéro ?", ["StartFlow show_my_data"]),
    (idle(), "je viens", ["ChitChat utter_ok"]),
    (idle(), "SUPPRIMER", ["SetSlot confirm_erasure=True", "StartFlow delete_my_data"]),
    (waiting("delete_my_data", "confirm_erasure"), "effacez mon numero", ["StartFlow forget_phone"]),
    (idle(), "gardez pas mon numero svp", ["StartFlow forget_phone"]),
    (idle(), "STOP", ["StartFlow stop_messages"]),
    # A question in the middle of everything.
    (BOOKING, "c koi la microentreprise", ["KnowledgeAnswer faq/microentreprise_fonctionnement"]),
    (NAME, "c koi lacre", ["KnowledgeAnswer faq/acre"]),
    (STAGE, "zzz kkk", ["CannotHandle not_understood"]),
    # Who and where, in passing.
    (idle(), "bjr moi c'est pas grave, je m'appelle Fatou j'habite à carcassonne et c koi l'acre",
     ["SetSlot commune=Carcassonne", "SetSlot name=Fatou", "KnowledgeAnswer faq/acre"]),
    (idle(), "english please", ["SetSlot language_choice=en", "StartFlow change_language"]),
]  # fmt: skip


@pytest.mark.parametrize(("state", "text", "expected"), MESSAGES, ids=[f"{s.asked}: {t}" for s, t, _ in MESSAGES])
def test_reads(state: DialogueState, text: str, expected: list[str]) -> None:
    assert hear(text, state).lines == expected


def test_two_meanings_are_offered_again_when_yes_says_neither() -> None:
    state = idle("utter_clarification_options")
    two = DialogueState(menu=OPENINGS[:2], last_uttered=state.last_uttered)
    assert hear("oui", two).lines == ["RepeatBotMessages"]
    one = DialogueState(menu=OPENINGS[:1], last_uttered=state.last_uttered)
    assert hear("oui", one).lines == ["SetSlot opening=r9"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bonjour", ["SessionStart", "StartFlow help"]),
        ("t ki", ["SessionStart", "StartFlow help"]),
        ("STOP", ["StartFlow stop_messages"]),
        ("c koi l'acre", ["SessionStart", "KnowledgeAnswer faq/acre"]),
    ],
)
def test_a_first_message_is_introduced_once(text: str, expected: list[str]) -> None:
    assert hear(text, idle(), first_time=True).lines == expected


def test_a_refused_meaning_that_is_likely_is_asked_about() -> None:
    ranking = (Intent("out_of_scope", 0.6), Intent("book_appointment", 0.3))
    doubtful = Understanding("euh le truc là avec la dame", ranking[0], ranking)
    assert hear(doubtful.text, idle(), doubtful).lines == ["Clarify /book_appointment"]


def test_a_trade_in_a_story_that_was_refused_is_a_project() -> None:
    trade = Entity("sector", 7, 15, "coiffure", "coiffure", "lookup")
    for ranking, expected in (
        ((Intent("out_of_scope", 0.9), Intent("faq/acre", 0.1)), "Clarify /start_qualification /faq/acre"),
        ((Intent("out_of_scope", 0.9), Intent("faq/acre", 0.01)), "CannotHandle out_of_scope"),  # learnt to be refused
        ((), "CannotHandle out_of_scope"),
    ):
        refused = Understanding("euh la coiffure là", Intent("out_of_scope", 0.9), ranking, (trade,))
        assert hear(refused.text, idle(), refused).lines == [expected]


def test_where_and_who_outlive_a_doubt() -> None:
    text = "je m'appelle Fatou et le truc là"
    ranking = (Intent("faq/acre", 0.4), Intent("faq/arce", 0.3))
    assert hear(text, idle(), Understanding(text, ranking[0], ranking)).lines == [
        "SetSlot name=Fatou",
        "Clarify /faq/acre /faq/arce",
    ]


STATES = [idle(), GREETED, KNOWN, OFFERED, BOOKING, ONE_OPENING, STAGE, SECTOR, NAME, TOWN, WHO] + [
    waiting("qualify_project", slot) for slot in ("idea", "situation", "need", "age_band", "reach", "phone")
]
HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "So", "Mn", "Zl"]), max_size=20),
    st.text("0123456789/+-:.,()={}\"' hHeE€", max_size=30),
    st.lists(
        st.sampled_from(
            ["pas", "lundi", "le", "2", "oui", "non", "Paris", "c'est", "14h", "je", "/SetSlots(", "\u202e"]
        ),
        max_size=8,
    ).map(" ".join),
    st.sampled_from(
        ["مرحبا", "\ud800", "👍🏽", "x" * 20_000, "non " * 5_000, "1" * 400, "²", "٣", "/SetSlots()", "/a{]"]
    ),
)


@given(text=HOSTILE, state=st.sampled_from(STATES))
@settings(max_examples=150)
def test_any_text_in_any_state_becomes_commands(text: str, state: DialogueState) -> None:
    commands = hear(text, state).commands
    assert commands
    assert all(isinstance(command, c.Command) for command in commands)


def test_cancelling_in_words_gives_up_the_questions_and_an_old_button_cancels_its_appointment() -> None:
    asked = waiting("qualify_project", "stage")
    assert hear("je veux annuler", asked).commands == [c.CancelFlow()]
    assert hear("Annuler", asked, payload="/cancel_appointment").commands == [c.StartFlow("cancel_appointment")]
