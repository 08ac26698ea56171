"""What the model gets wrong and the text plainly says."""

import pytest

from bot.runtime.second_look import second_look
from nlu.understanding import Intent, Understanding

MINOR, PROJECT = "faq/situation_mineur", "start_qualification"


def look(text: str, *ranked: tuple[str, float]) -> list[tuple[str, float]]:
    ranking = tuple(Intent(name, confidence) for name, confidence in ranked)
    seen = second_look(Understanding(text, ranking[0], ranking), text, None)
    assert seen is not None and seen.intent == seen.ranking[0]
    return [(intent.name, round(intent.confidence, 2)) for intent in seen.ranking]


@pytest.mark.parametrize(
    "text",
    [
        "jen peux plus, je dois 30000 euros a l'urssaf et je veux en finir",
        "je dois de l'argent a tout le monde, je veux en finir",
        "bjr g un souci jdois 30000 euros a lurssaf g envie den finir",
        "ma boîte coule, j'ai plus envie de vivre",
        "si je perds le local je vais me suicider",
    ],
)
def test_danger_is_heard_whatever_else_the_message_is_about(text: str) -> None:
    assert look(text, ("faq/radiation_fermeture", 0.9)) == [("distress", 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "je veux en finir avec le chomage",
        "les charges ça me tue",
        "je veux finir mon dossier",
        "en finir avec mon patron",
    ],
)
def test_what_is_said_lightly_is_left_as_it_is(text: str) -> None:
    assert look(text, (PROJECT, 0.9)) == [(PROJECT, 0.9)]


@pytest.mark.parametrize(
    "text", ["j'ai 50 ans et je veux ouvrir une boulangerie", "jai 62 ans je peux créer ?", "18ans"]
)
def test_an_adult_is_never_told_what_concerns_minors(text: str) -> None:
    assert look(text, (MINOR, 0.9), (PROJECT, 0.06), ("greet", 0.04)) == [(PROJECT, 0.6), ("greet", 0.4)]
    assert look(text, (PROJECT, 0.8), (MINOR, 0.2)) == [(PROJECT, 0.8)]


@pytest.mark.parametrize(
    "text",
    [
        "j'ai 16 ans",
        "j'ai 40 ans, mon fils peut ouvrir ?",
        "50 ans, et pour un mineur ?",
        "je suis mineur",
        "depuis 3 ans",
    ],
)
def test_where_a_minor_may_be_meant_nothing_is_taken_out(text: str) -> None:
    assert look(text, (MINOR, 0.9), (PROJECT, 0.1)) == [(MINOR, 0.9), (PROJECT, 0.1)]
