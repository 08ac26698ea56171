"""Folding and the lexicon."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nlu.errors import ConfigError
from nlu.folding import FoldedText, fold
from nlu.normalise import Lexicon, Normaliser, split

LEXICON = Path(__file__).parents[2] / "nlu" / "lexicon.yml"
NORMALISER = Normaliser(Lexicon.load(LEXICON))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("c koi", "c est quoi"),
        ("Kestion : jai droit a lacre ???", "question j ai droit a l acre ? ? ?"),
        ("jsui o RSA", "je suis o rsa"),
        ("pk paul emploi", "pourquoi france travail"),
        ("otoentrepreneur", "auto entrepreneur"),
        ("lursaf", "l urssaf"),
        ("J’ai 1 000 €", "j ai 0 000 euro"),
        ("bonjourrrrr", "bonjour"),
        ("ŒUVRE d'art", "oeuvre d art"),
        ("👍🏽", "👍"),
        ("a+", "a plus"),
        ("\x00\u200b ", ""),
    ],
)
def test_normalises(typed: str, meant: str) -> None:
    assert NORMALISER(typed) == meant


def test_a_long_text_keeps_both_ends() -> None:
    text = "debut " + "x " * 20_000 + "fin"
    assert NORMALISER(text).startswith("debut")
    assert NORMALISER(text).endswith("fin")
    assert len(NORMALISER(text)) < 2000


def test_the_lexicon_gives_each_spelling_one_meaning() -> None:
    meanings: dict[tuple[str, ...], str] = {}
    content = yaml.load(LEXICON.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    assert len(content["replace"]) > 200
    for meant, spellings in content["replace"].items():
        for spelling in spellings:
            words = tuple(split(spelling))
            assert words
            assert meanings.setdefault(words, meant) == meant, spelling
            assert words != tuple(split(meant)), spelling


def test_a_spelling_without_a_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="holds no word"):
        Lexicon.from_dict({"replace": {"rien": ["..."]}})


def test_a_lexicon_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.yml"
    path.write_text("- a\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is a mapping"):
        Lexicon.load(path)


@given(st.text(max_size=60))
def test_folded_spans_lead_back_to_the_text(text: str) -> None:
    folded = FoldedText.of(text)
    assert folded.text == fold(text)
    for start in range(len(folded.text)):
        first, last = folded.span(start, start + 1)
        assert 0 <= first < last <= len(text)
        assert folded.text[start] in fold(text[first:last])


@given(st.text())
def test_normalising_never_fails(text: str) -> None:
    NORMALISER(text)
