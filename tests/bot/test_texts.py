"""What short texts say, without any model. One line a text."""

import pytest

from bot.runtime import texts
from bot.runtime.choices import Pointing
from flows.engine.events import Choice
from nlu.understanding import Entity

MENU = (
    Choice("Saint-Denis (93)", "/SetSlots(commune=93066)"),
    Choice("Saint-Denis (974)", "/SetSlots(commune=97411)"),
    Choice("Passer", "/skip"),
)
FIRST, SECOND, THIRD = (choice.payload for choice in MENU)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("1", FIRST),
        ("n°2", SECOND),
        ("choix 2 svp", SECOND),
        ("3.", THIRD),
        ("passer", THIRD),
        ("la seconde", SECOND),
        ("le dernier", SECOND),  # the last answer, not the last button
        ("saint denis 974", SECOND),
        ("4", None),
        ("0", None),
        ("2 rue des lilas", None),
        ("le premier ou le deuxième", None),
        ("²", SECOND),
        ("93", FIRST),  # how one choice alone ends
        ("", None),
        ("peu importe", None),  # only an opening is as good as another
    ],
)
def test_points_at_a_choice(text: str, payload: str | None) -> None:
    pointing = Pointing(texts.load_words("keywords.yml")["pointing"])
    assert pointing.choose(text, MENU, "commune") == payload
    assert pointing.choose(text, (), "commune") is None


@pytest.mark.parametrize(
    ("text", "is_offer"),
    [
        ("C'est gratuit. Voulez-vous un rendez-vous ?", True),
        ("Je ne trouve rien. En voulez-vous un ?", True),
        ("D'accord. Que voulez-vous faire ?", False),
        ("Voulez-vous ceci ou cela ?", False),
        ("Voulez-vous un rendez-vous ? Écrivez-moi.", False),
        ("", False),
    ],
)
def test_offers(text: str, is_offer: bool) -> None:
    assert texts.is_offer(text) is is_offer


@pytest.mark.parametrize(
    ("text", "said", "is_excluded"),
    [
        ("pas lundi", "lundi", True),
        ("sauf le lundi", "lundi", True),
        ("pas possible lundi", "lundi", True),
        ("lundi je peux pas", "lundi", True),
        ("lundi c'est impossible", "lundi", True),
        ("lundi", "lundi", False),
        ("lundi pourquoi pas", "lundi", False),
        ("pas mardi mais lundi", "lundi", False),
        ("je peux pas mardi, lundi oui", "lundi", False),
    ],
)
def test_days_that_do_not_suit(text: str, said: str, is_excluded: bool) -> None:
    start = text.index(said)
    entity = Entity("date", start, start + len(said), {"weekday": 0}, said, "test")
    assert texts.is_excluded(text, entity) is is_excluded


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Inès", "Inès"),
        ("inès", "Inès"),
        ("moi c'est Jean-Marc.", "Jean-Marc"),
        ("vous pouvez noter aya svp", "Aya"),
        ("c'est pour mon frère Ali", "mon frère Ali"),
        ("c mort", None),
        ("je sais pas", None),
        ("06", None),
        ("x" * 60, None),
        ("!?", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert texts.name_in_answer(text) == name


@pytest.mark.parametrize(
    ("text", "left"),
    [("non, c'est Lens", "c'est Lens"), ("nan en fait Lens", "Lens"), ("nonante", "nonante"), ("oups pardon", "")],
)
def test_what_is_left_of_a_correction(text: str, left: str) -> None:
    assert texts.after_correction(text) == left


def test_words_beside_entities() -> None:
    lens = Entity("commune", 11, 15, {}, "Lens", "test")
    assert texts.around("j'habite à Lens !", [lens]) == ["j", "habite", "a"]
    assert texts.tells_home("J'habite à Lens")
    assert not texts.tells_home("un bus à Lens ?")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("c quoi un siret", True),
        ("ge pa darjan comen on fé", True),
        ("es ke je peu avec un récépissé", True),
        ("il faut ramener quoi", True),
        ("quanto custa", True),
        ("hangi belgeler lazım", True),
        ("param yok yardım var mı", True),
        ("do I need papers", True),
        ("wach nqder nbda", True),
        ("كيف أبدأ", True),
        ("هذا صحيح؟", True),
        ("vendre n'importe quoi", False),
        ("un commerce", False),
        ("Commentry", False),
        ("comptable à mi-temps", False),
        ("vendre mes gâteaux", False),
    ],
)
def test_asks(text: str, asks: bool) -> None:
    assert texts.is_question(text) is asks


@pytest.mark.parametrize(
    "text", ["euh non je suis à Lens", "attends, pardon je suis à Lens", "ah non en fait je suis à Lens"]
)
def test_takes_back_after_a_hesitation(text: str) -> None:
    assert texts.is_correction(text)
    assert texts.after_correction(text) == "je suis à Lens"
