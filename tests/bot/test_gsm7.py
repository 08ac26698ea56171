"""What a text costs by SMS, and folding: never a reader's loss, never the price of a needless character."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.gsm7 import SEPTETS, cost, fold

CASES = json.loads((Path(__file__).parent / "segments.json").read_text(encoding="utf-8"))["cases"]
LATIN = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_categories=["Cc"])
    | st.sampled_from("«»“”‘’…–—œŒ\u00a0\u202f\n•→€😀👍🏽")
)


def test_segments_agree_with_the_calculator_of_the_provider() -> None:
    wrong = [
        (text, alphabet, segments, cost(text))
        for text, alphabet, segments in CASES
        if (cost(text).alphabet, cost(text).segments) != (alphabet, segments)
    ]
    assert len(CASES) > 250
    assert wrong == []


def test_nothing_costs_nothing() -> None:
    assert cost("") == ("GSM-7", 0, 0)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("é è à ù ì ò É Ç ä ö ü ñ", "é è à ù ì ò É Ç ä ö ü ñ"),
        ("À Â Ê È Î Ô Û ê ô î û ç â ë ï ÿ", "A A E E I O U e o i u c a e i y"),
        ("« Bonjour »", '"Bonjour"'),
        ("l’œuvre… “vite” – oui — non", 'l\'oeuvre... "vite" - oui - non'),
        ("12\u00a0000\u202f€\u00a0!", "12 000 € !"),
        ("Łódź, İstanbul, ışık, đ", "Lodz, Istanbul, isik, d"),
        ("n° 5 • ½ ²", "no 5 - 1/2 2"),
        ("Allô\r\nvoilà", "Allo\nvoilà"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_french_stays_readable_at_half_the_price(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert cost(folded).alphabet == "GSM-7"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Super 👍🏽 merci", "Super merci"),
        ("👨‍👩‍👧 en famille", "en famille"),
        ("1️⃣ oui", "1 oui"),
        ("👍", "👍"),
        ("❤️ 🙏", "❤️ 🙏"),
    ],
)
def test_an_emoji_leaves_unless_nothing_else_was_said(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_another_alphabet_is_left_as_it_is() -> None:
    assert fold("أهلا وسهلا") == "أهلا وسهلا"


@given(LATIN)
def test_latin_text_without_emoji_is_gsm7(text: str) -> None:
    folded = fold(text)
    only_emoji = not any(char in string.printable or char.isalpha() for char in folded)
    assert only_emoji or all(char in SEPTETS for char in folded)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(st.sampled_from(sorted(SEPTETS))))
def test_what_is_gsm7_stays_so(text: str) -> None:
    assert cost(fold(text)).alphabet == "GSM-7"
    assert cost(fold(text)).segments <= cost(text).segments
