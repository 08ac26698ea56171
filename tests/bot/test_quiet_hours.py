"""Nights, Sundays and public holidays, by the clock of the person."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.quiet_hours import open_again

PARIS = ZoneInfo("Europe/Paris")


def local(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-23T08:00", None),
        ("2026-11-23T21:59", None),
        ("2026-11-23T22:00", "2026-11-24T08:00"),
        ("2026-11-24T07:59", "2026-11-24T08:00"),
        ("2026-11-21T22:00", "2026-11-23T08:00"),  # Saturday night
        ("2026-11-22T12:00", "2026-11-23T08:00"),  # Sunday
        ("2026-12-24T23:00", "2026-12-26T08:00"),  # Christmas, a Friday
        ("2026-11-11T10:00", "2026-11-12T08:00"),
        ("2026-03-28T23:00", "2026-03-30T08:00"),  # the clocks change that Sunday
        ("2026-10-24T23:00", "2026-10-26T08:00"),
    ],
)
def test_when_messages_may_arrive(now: str, then: str | None) -> None:
    assert open_again(local(now), PARIS) == (local(then) if then else None)


def test_the_clock_is_the_person_s() -> None:
    reunion = ZoneInfo("Indian/Reunion")
    evening = local("2026-11-23T22:30", reunion)  # half past seven in Paris
    assert open_again(evening, PARIS) is None
    assert open_again(evening, reunion) == local("2026-11-24T08:00", reunion)
    assert open_again(local("2026-12-20T10:00"), reunion, "97411") is not None  # a Sunday, and the end of slavery


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
)
def test_what_waits_leaves_at_eight_and_never_waits_again(now: datetime) -> None:
    then = open_again(now, PARIS)
    if then is not None:
        assert then > now
        assert then.astimezone(PARIS).hour == 8
        assert open_again(then, PARIS) is None
