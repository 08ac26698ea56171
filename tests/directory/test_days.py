"""Public holidays, the clock-change nights, the age of sources."""

from datetime import UTC, date, datetime

import pytest

from directory.days import in_words, is_public_holiday, is_stale, local_date, parse_source_date, to_utc, to_utc_anyway

PARIS = "Europe/Paris"
wall = datetime.fromisoformat


@pytest.mark.parametrize(
    ("day", "insee_code", "holiday"),
    [
        ("2026-12-25", "11069", True),
        ("2026-12-26", "11069", False),
        ("2026-12-26", "67482", True),  # Strasbourg
        ("2026-04-03", "68224", True),  # Good Friday in Mulhouse
        ("2026-04-03", "11069", False),
        ("2026-12-20", "97411", True),  # abolition of slavery in La Réunion
        ("2026-05-22", "97209", True),  # and in Martinique
        ("2026-05-25", "11069", True),  # Whit Monday
    ],
)
def test_public_holidays_are_those_of_the_territory(day: str, insee_code: str, holiday: bool) -> None:
    assert is_public_holiday(date.fromisoformat(day), insee_code) is holiday


def test_a_time_the_clocks_skip_does_not_exist() -> None:
    assert to_utc(wall("2026-03-29T01:30"), PARIS) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert to_utc(wall("2026-03-29T02:30"), PARIS) is None
    assert to_utc(wall("2026-03-29T03:00"), PARIS) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert to_utc_anyway(wall("2026-03-29T02:30"), PARIS) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_the_clocks_repeat_is_its_first_occurrence() -> None:
    assert to_utc(wall("2026-10-25T02:30"), PARIS) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert to_utc(wall("2026-10-25T03:00"), PARIS) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


def test_ordinary_days_and_other_zones() -> None:
    assert to_utc(wall("2026-12-01T09:00"), PARIS) == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert to_utc(wall("2026-07-01T09:00"), PARIS) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert to_utc(wall("2026-07-01T09:00"), "Indian/Reunion") == datetime(2026, 7, 1, 5, tzinfo=UTC)
    assert local_date(datetime(2026, 7, 1, 21, tzinfo=UTC), "Indian/Reunion") == date(2026, 7, 2)


def test_source_dates() -> None:
    assert parse_source_date("2025") == date(2025, 1, 1)
    assert parse_source_date("2025-05") == date(2025, 5, 1)
    assert parse_source_date("2025-05-12") == date(2025, 5, 12)
    assert parse_source_date("") is None
    for bad in ("mai 2025", "2025-13", "25", "2025-05-12-01", "2025-02-30"):
        with pytest.raises(ValueError):
            parse_source_date(bad)


def test_a_fact_is_to_be_checked_after_eighteen_months_or_without_a_date() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert not is_stale("2025-06", now)
    assert is_stale("2025-05", now)
    assert is_stale(None, now)
    assert not is_stale(date(2026, 11, 1), now)


@pytest.mark.parametrize(
    ("day", "pattern", "language", "said"),
    [
        (1, "EEEE d MMMM 'à' H 'h' mm", "fr", "mardi 1er décembre à 14 h 30"),
        (1, "EEE d MMM", "fr", "mar. 1er déc."),
        (1, "EEEE dd/MM", "fr", "mardi 01/12"),
        (2, "EEEE d MMMM", "fr", "mercredi 2 décembre"),
        (1, "EEEE d MMMM", "en", "Tuesday 1 December"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_in_french(day: int, pattern: str, language: str, said: str) -> None:
    assert in_words(datetime(2026, 12, day, 14, 30, tzinfo=UTC), pattern, language) == said


def test_a_day_is_said_without_a_time() -> None:
    assert in_words(date(2026, 12, 1), "EEEE d MMMM", "fr") == "mardi 1er décembre"
