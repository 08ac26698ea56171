"""How an utterance looks by SMS and on WhatsApp: numbers to type, and SUITE for what is too long."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.cutting import cut
from bot.channels.gsm7 import cost
from bot.channels.rendering import MAX_SEGMENTS, WHATSAPP_LENGTH, Rendered, in_one_turn, numbered, render, render_rest
from flows.engine.events import BotUttered, Choice

CHOICES = (Choice("Prendre rendez-vous", "/book_appointment"), Choice("Parler à quelqu'un", "/talk_to_human"))
SENTENCE = "Une micro-entreprise se déclare en ligne, c'est gratuit, et personne ne doit vous demander d'argent. "
WORDS = st.lists(st.text("abcdéèêç’…😀.!?", min_size=1, max_size=12), min_size=1, max_size=200).map(" ".join)


def said(text: str, choices: tuple[Choice, ...] = (), **variants: str) -> BotUttered:
    return BotUttered("utter_test", {"": text, **variants}, choices, ({"kind": "file"},))


def test_choices_are_typed_by_sms_and_tapped_elsewhere() -> None:
    by_sms = render(said("Que voulez-vous ?", CHOICES), "sms")
    assert by_sms.text == "Que voulez-vous ?\n1 Prendre rendez-vous\n2 Parler à quelqu'un"
    assert (by_sms.choices, by_sms.attachments) == (CHOICES, ())
    on_telegram = render(said("Que voulez-vous ?", CHOICES), "telegram")
    assert (on_telegram.text, on_telegram.attachments) == ("Que voulez-vous ?", ({"kind": "file"},))


def test_answers_before_another_menu_offer_nothing_where_numbers_are_typed_and_questions_keep_theirs() -> None:
    answer, other = (replace(said(text, CHOICES), may_stand_alone=True) for text in ("Une réponse.", "Une autre."))
    turn = [said("Laquelle ?", CHOICES), answer, other, said("Rien à choisir.")]
    for variant in ("sms", "whatsapp"):
        assert [event.choices for event in in_one_turn(turn, variant)] == [CHOICES, (), CHOICES, ()]
    for variant in ("telegram", "web"):
        assert in_one_turn(turn, variant) == turn


def test_numbers_may_go_on_from_an_earlier_message() -> None:
    assert (
        render(said("Et là ?", CHOICES), "sms", first=3).text == "Et là ?\n3 Prendre rendez-vous\n4 Parler à quelqu'un"
    )


def test_whatsapp_says_what_is_written_for_numbers_with_its_accents() -> None:
    shown = render(said("Touchez un bouton", CHOICES, sms="Ça va ? Répondez par un numéro 👍"), "whatsapp")
    assert shown.text.startswith("Ça va ? Répondez par un numéro 👍\n1 Prendre")
    assert render(said("Touchez", sms="Tapez", whatsapp="Écrivez"), "whatsapp").text == "Écrivez"


def test_a_long_sms_stops_at_a_sentence_keeps_its_menu_and_says_how_to_go_on() -> None:
    shown = render(said(SENTENCE * 8, CHOICES), "sms")
    lines = shown.text.split("\n")
    assert cost(shown.text).segments <= MAX_SEGMENTS["GSM-7"]
    assert lines[0].endswith(".")
    assert lines[1:] == [*numbered(CHOICES), "SUITE pour lire la suite."]
    rests = [shown.rest]
    while rests[-1]:
        rests.append(render_rest(rests[-1], "sms").rest)
    assert len(rests) < 5


def test_a_short_sms_mentions_no_more() -> None:
    assert render(said(SENTENCE, CHOICES), "sms").rest == ""
    assert "SUITE" not in render(said(SENTENCE, CHOICES), "sms").text


def test_a_menu_is_never_cut() -> None:
    menu = tuple(
        Choice(f"Mardi {day} novembre 9 h 30, Maison de l'emploi de Carcassonne centre", "/x") for day in range(8)
    )
    shown = render(said("Lequel ?", menu), "sms")
    assert shown.text.endswith(numbered(menu)[-1])
    assert shown.rest == ""


def test_whatsapp_takes_sixteen_hundred_characters() -> None:
    shown = render(said(SENTENCE * 20), "whatsapp")
    assert len(shown.text) <= WHATSAPP_LENGTH < len(shown.text) + len(SENTENCE)


@pytest.mark.parametrize("text", ["x" * 600, "é" * 459, "😀" * 300])
def test_what_cannot_be_cut_is_said_whole(text: str) -> None:
    assert render(said(text), "sms") == Rendered(text, (), ())


@given(WORDS, st.integers(1, 300))
def test_cutting_loses_no_word_and_keeps_to_the_limit(text: str, limit: int) -> None:
    shown, rest = cut(text, lambda part: len(part) <= limit)
    assert (shown.split() + rest.split()) == text.split()
    assert not rest or len(shown) <= limit


@given(WORDS)
def test_every_part_of_an_sms_fits(text: str) -> None:
    part, words = render(said(text), "sms"), []
    for _ in range(100):
        assert cost(part.text).segments <= MAX_SEGMENTS[cost(part.text).alphabet] or not part.rest
        words += part.text.removesuffix("\nSUITE pour lire la suite.").split()
        if not part.rest:
            break
        part = render_rest(part.rest, "sms")
    assert part.rest == ""
    assert len(words) <= len(text.split())


@given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=9))
def test_the_number_before_a_title_is_its_place(titles: list[str]) -> None:
    lines = numbered([Choice(title, "/x") for title in titles])
    assert [int(line.split(" ", 1)[0]) for line in lines] == list(range(1, len(titles) + 1))
    assert [line.split(" ", 1)[1] for line in lines] == titles


def test_another_alphabet_takes_more_segments_and_says_how_to_go_on_in_its_language() -> None:
    shown = render(said("هذه جملة قصيرة. " * 30, CHOICES), "sms", "ar")
    assert 3 < cost(shown.text).segments <= MAX_SEGMENTS["UCS-2"]
    assert shown.text.endswith("اكتبوا SUITE لقراءة البقية.")
    assert render(said(SENTENCE * 8), "sms", "xx").text.endswith("SUITE pour lire la suite.")
