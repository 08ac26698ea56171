"""Parts that Telegram takes and nothing lost, buttons within their 64 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_shapes import keyboard, place_keyboard, read_reference, reference, split, units

LETTERS = st.characters(codec="utf-8")
TEXTS = st.text(LETTERS | st.sampled_from(" \n.!?…🙂é"), max_size=400)


def together(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


@given(TEXTS, st.integers(2, 60))
def test_parts_fit_and_lose_nothing_but_white_space(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(len(part.encode("utf-16-le")) // 2 <= most for part in parts)
    assert all(part.strip() for part in parts)
    assert together("".join(parts)) == together(text)


@given(TEXTS)
def test_units_are_what_utf_16_takes(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("  \n ", []),
        ("Court.", ["Court."]),
        ("Une phrase. Une autre phrase.", ["Une phrase.", "Une autre phrase."]),
        ("Un paragraphe.\n\nUn autre. Encore", ["Un paragraphe.", "Un autre. Encore"]),
        ("Une ligne ici\nUne autre. Oui", ["Une ligne ici", "Une autre. Oui"]),
        ("des mots sans aucune fin de phrase", ["des mots sans aucune", "fin de phrase"]),
        ("🙂" * 15, ["🙂" * 10, "🙂" * 5]),
    ],
)
def test_a_cut_falls_where_a_reader_would_breathe(text: str, parts: list[str]) -> None:
    assert split(text, 20) == parts


def test_a_whole_message_is_not_cut() -> None:
    assert split("é" * 4096) == ["é" * 4096]
    assert [len(part) for part in split("é" * 4097)] == [4096, 1]


@given(st.integers(1, 10**18 - 1), st.integers(0, 99))
def test_a_button_names_its_choice_within_64_bytes(message_id: int, index: int) -> None:
    data = reference(message_id, index)
    assert len(data.encode()) <= 64
    assert read_reference(data) == (message_id, index)


@pytest.mark.parametrize(
    "data", ["", "m", "m:1", "m:1:2:3", "m:-1:2", "m:1:x", "/help", "m:" + "9" * 40 + ":1", "m:٣:1"]
)
def test_what_is_no_reference_names_nothing(data: str) -> None:
    assert read_reference(data) is None


def choices(*titles: str) -> list[dict[str, str]]:
    return [{"title": title, "payload": "/x"} for title in titles]


def test_short_titles_stand_side_by_side() -> None:
    rows = keyboard(3, choices("Oui", "Non", "Passer")).inline_keyboard
    assert [[button.text for button in row] for row in rows] == [["Oui", "Non"], ["Passer"]]
    assert [button.callback_data for row in rows for button in row] == ["m:3:0", "m:3:1", "m:3:2"]
    assert [len(row) for row in keyboard(3, choices("Oui", "Parler à quelqu'un")).inline_keyboard] == [1, 1]


def test_a_question_for_a_place_offers_the_position_first() -> None:
    rows = place_keyboard("📍 Envoyer ma position", choices("Passer")).keyboard
    assert (rows[0][0].text, rows[0][0].request_location) == ("📍 Envoyer ma position", True)
    assert (rows[1][0].text, rows[1][0].request_location) == ("Passer", None)
