"""What our texts cost by SMS: `allervers flows check` tells, and refuses what is too long."""

import pytest
from click.testing import CliRunner

from bot.cli import allervers
from bot.commands import sms_costs
from bot.commands.sms_costs import ANSWER, RESPONSE, Priced, priced, table
from flows.engine.domain import Button, Domain, Response, Variation
from flows.knowledge_reader import load_knowledge
from flows.loader import load_domain
from tests.conftest import NOW


@pytest.fixture(scope="module")
def texts() -> list[Priced]:
    return priced(load_domain(), load_knowledge(), NOW)


def test_nine_texts_in_ten_fit_one_segment_and_none_takes_more_than_three(texts: list[Priced]) -> None:
    assert {text.kind for text in texts} == {RESPONSE, ANSWER}
    assert [text.name for text in texts if text.is_too_long] == []
    for group in (texts, [text for text in texts if text.kind == RESPONSE]):
        assert round(sum(text.words == 1 for text in group) / len(group), 2) >= 0.9


def test_a_text_is_priced_as_it_leaves() -> None:
    variations = (
        Variation("x" * 160, buttons=(Button("Prendre rendez-vous", "/book_appointment"),)),
        Variation("Un {lieu} tout près", "sms", {"ar": "مكان {lieu} قريب جدا من هنا"}),
    )
    response = Response("utter_test", variations, "test.yml")
    domain = load_domain()
    found = priced(Domain({}, {**domain.responses, "utter_test": response}), load_knowledge(), NOW)
    mine = {text.language: text for text in found if text.name == "utter_test"}
    assert (mine["fr"].words, mine["fr"].sent, mine["fr"].alphabet) == (1, 1, "GSM-7")
    assert (mine["ar"].words, mine["ar"].sent, mine["ar"].alphabet) == (1, 1, "UCS-2")


def test_the_table_counts_by_kind_and_tells_costs_only_when_the_price_is_known() -> None:
    texts = [Priced(RESPONSE, "a", "fr", 1, 2, "GSM-7"), Priced(ANSWER, "b", "fr", 2, 2, "GSM-7")]
    plain, dear = list(table(texts, None)), list(table(texts, 0.1))
    assert plain[1].split()[-3:] == ["1", "0", "100%"]
    assert "€" not in "".join(plain)
    assert dear[-1].split()[-2:] == ["0.30", "€"]


def test_the_command_refuses_what_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_costs, "priced", lambda *_: [Priced(RESPONSE, "utter_long", "fr", 1, 4, "GSM-7")])
    result = CliRunner().invoke(allervers, ["flows", "check"])
    assert result.exit_code == 2
    assert "utter_long in fr costs 4 SMS segments" in result.output
