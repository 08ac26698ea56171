"""The language of a message: French is assumed, another one is told from a few words."""

from pathlib import Path

import pytest

from nlu.languages import FRENCH, language_of
from nlu.training import read

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "nlu" / "data"
FOREIGN = frozenset({"languages.yml", "languages_questions.yml", "lookups.yml", "out_of_scope.yml", "service.yml"})
"""Files whose texts are in several languages, on purpose."""


@pytest.mark.parametrize("language", ["ar", "en", "es", "pt", "tr"])
def test_each_language_is_told(language: str) -> None:
    texts = [example.text for example in read(HERE / "languages" / f"{language}.yml").examples]
    assert [text for text in texts if language_of(text) != language] == []


def test_what_is_written_in_french_is_never_taken_for_another() -> None:
    files = [path for path in DATA.glob("*.yml") if path.name not in FOREIGN]
    texts = [example.text for path in files for example in read(path).examples]
    assert len(texts) > 4500
    assert [text for text in texts if language_of(text) not in (FRENCH, None)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hello", None), ("hola", None), ("ok", None), ("Lens", None), ("", None), ("🙂", None),
        ("food truck business plan", None), ("wesh thanks", None), ("yes c bon", FRENCH),
        ("06 39 98 00 00", None), ("salam c quoi l'acre", FRENCH),
        ("jveux monté un camion pizza a vaulx jsui o rsa", FRENCH), ("restaurant", None), ("Maria da Silva", None),
        ("merhaba", "tr"), ("bom dia", "pt"), ("thank you", "en"), ("مرحبا", "ar"), ("¿y el dinero?", "es"),
        ("i want open a restaurant à Lens", "en"), ("quero abrir um negócio em Roubaix", "pt"),
    ],
)  # fmt: skip
def test_borrowed_words_names_and_greetings(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["a" * 20_000, "\x00\u202e\ud800", "ı" * 50, "من " * 7000])
def test_nothing_breaks_it(text: str) -> None:
    language_of(text)
