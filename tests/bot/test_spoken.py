"""What a voice is given to read: the words of a message, and nothing that is only drawn."""

import pytest

from bot.channels.spoken import MOST, spoken
from bot.channels.voice import languages


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("👋 Bonjour 👍🏽 !", "Bonjour !"),
        ("Posez votre question", "Posez votre question."),
        ("Une ligne\n\nUne autre :\n• un\n2️⃣ deux", "Une ligne. Une autre : un. 2 deux."),
        ("Plafond : 83 600 € par an, soit 25 %.", "Plafond : 83 600 € par an, soit 25 %."),
        ("Il fait 30 °C", "Il fait 30 °C."),
        ("Voir https://www.service-public.fr/a/b?c=1#d.", "Voir service-public point fr."),
        ("Sur adie.org, ou a.Service-Public.fr", "Sur adie point org, ou a point Service-Public point fr."),
        ("Le 1.5 et M. Petit", "Le 1.5 et M. Petit."),
        ("Vos données : /confidentialite", "Vos données :"),
        ("[[f@n'i]] → suite", "f@n'i suite."),
        ("هذه الإجابة\nBonjour", "Bonjour."),
        ("👍\n…", ""),
    ],
)  # fmt: skip
def test_in_french(written: str, said: str) -> None:
    assert spoken(written, "fr") == said


def test_each_language_says_the_name_of_a_site_its_own_way() -> None:
    said = {language: spoken("www.adie.org", language) for language in languages()}
    assert set(said) == {"fr", "en", "ar", "tr", "pt", "es"}
    assert said["en"] == "adie dot org."
    assert len(set(said.values())) == len(said)
    assert spoken("هذه الإجابة", "ar") == "هذه الإجابة."
    assert spoken("adie.org", "zz") == "adie point org."


def test_what_is_too_long_ends_with_a_sentence_and_says_so() -> None:
    said = spoken("Une phrase entière. " * 400, "fr")
    assert len(said) < MOST + 60
    assert said.endswith("Une phrase entière. La suite est écrite dans le message.")
    assert len(spoken("mot " * 2000, "fr")) < MOST + 60
    assert len(spoken("m" * 9000, "fr")) < MOST + 60
