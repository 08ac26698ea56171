"""The condition language, by tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine.conditions import ConditionError, parse

SLOTS: dict[str, Any] = {"age": 20, "town": "Lens", "tags": ["a", "b"], "yes": True, "no": False, "none": None, "e": ""}
CONTEXT: dict[str, Any] = {"misses": 2, "reason": "empty"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("slots.age >= 18", True),
        ("slots.age < 18", False),
        ("slots.age <= 20 and slots.age > 19.5", True),
        ("slots.age = 20", True),
        ("slots.age == 20", True),
        ("slots.age equals 20", True),
        ("slots.age != -20", True),
        ('slots.town is "Lens"', True),
        ("slots.town is 'Lens'", True),
        ("slots.town is not 'Lens'", False),
        ("slots.town", True),
        ("not slots.town", False),
        ("not not slots.town", True),
        ("slots.yes", True),
        ("slots.no", False),
        ("slots.yes is true", True),
        ("slots.no = FALSE", True),
        ("slots.none is null", True),
        ("slots.unset is null", True),
        ("slots.e is empty", True),
        ("slots.none is not undefined", False),
        ("slots.none", False),
        ("slots.tags contains 'a'", True),
        ("slots.tags CONTAINS 'z'", False),
        ("slots.town contains 'en'", True),
        ("slots.age contains 'a'", False),
        ("slots.none contains 'a'", False),
        ("slots.town matches '^L.*s$'", True),
        ("slots.age matches '2'", False),
        ("slots.town > 3", False),
        ("slots.none < 3", False),
        ("context.misses >= 2", True),
        ("context.reason is 'empty' and context.misses < 2", False),
        ("slots.no or slots.no or slots.yes", True),
        ("slots.yes and not slots.no or slots.no", True),
        ("slots.no and slots.no or slots.yes", True),
        ("slots.no and (slots.no or slots.yes)", False),
        ("not (slots.no and slots.yes)", True),
        ("slots.town is 'and'", False),
        ("3 < slots.age", True),
        ("true", True),
    ],
)
def test_conditions_hold_or_not(condition: str, holds: bool) -> None:
    assert parse(condition).holds(SLOTS, CONTEXT) is holds


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("", "the end"),
        ("slots.a ==", "the end"),
        ("slots.a == 1 1", "«1» was not expected"),
        ("slots.a & slots.b", "cannot read «& slots.b»"),
        ("(slots.a", "a parenthesis is not closed"),
        ("slots.a)", "«)» was not expected"),
        ("town", "«town» is neither"),
        ("slots.", "neither"),
        ("slot.town", "«slot.town» is neither"),
        ("'open", "cannot read"),
        ("slots.a matches '['", "regular expression"),
        ("slots.a matches slots.b", "regular expression"),
        ("slots.a and", "the end"),
        ("slots.a is is 1", "«is» is neither"),
    ],
)
def test_what_cannot_be_read_says_where(condition: str, says: str) -> None:
    with pytest.raises(ConditionError) as error:
        parse(condition)
    assert says in str(error.value)


def test_a_condition_lists_the_slots_it_looks_at() -> None:
    assert parse("slots.a and (slots.b > 1 or context.c)").names == {"a", "b"}


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2)


@given(
    left=VALUES,
    right=VALUES,
    comparison=st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "is", "is not", "contains"]),
)
def test_no_values_break_a_turn(left: Any, right: Any, comparison: str) -> None:
    assert parse(f"slots.l {comparison} slots.r").holds({"l": left, "r": right}, {}) in (True, False)
