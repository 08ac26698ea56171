"""What must always hold of openings, whatever the timetable."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from directory.openings import Change, Opening, Rule, Taken, Timetable, compute_openings, parse_ref

FIRST, LAST = date(2026, 10, 19), date(2027, 4, 4)  # both clock changes, All Saints' to Easter Monday
FIXED_HOLIDAYS = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
PARIS = ZoneInfo("Europe/Paris")


def rule(permanence_id: int = 1, lead_id: int = 1, **other: object) -> Rule:
    values: dict[str, object] = {
        "permanence_id": permanence_id,
        "place_id": permanence_id,
        "lead_id": lead_id,
        "weekday": 0,
        "starts_at": time(9),
        "ends_at": time(12),
        "opening_minutes": 30,
        "capacity": 1,
        "valid_from": None,
        "valid_until": None,
        "insee_code": "11069",
        "timezone": "Europe/Paris",
    }
    return Rule(**(values | other))  # type: ignore[arg-type]


def openings(timetable: Timetable, first: str, last: str) -> list[Opening]:
    return list(compute_openings(timetable, datetime.fromisoformat(first), datetime.fromisoformat(last)))


times = st.integers(0, 23 * 12).map(lambda cells: time(cells // 12, cells % 12 * 5))
days = st.dates(FIRST, LAST)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    found = []
    for permanence_id in range(1, draw(st.integers(1, 4)) + 1):
        start, end = sorted((draw(times), draw(times)))
        found.append(
            rule(
                permanence_id,
                lead_id=draw(st.integers(1, 2)),
                weekday=draw(st.integers(0, 6)),
                starts_at=start,
                ends_at=end,
                opening_minutes=draw(st.sampled_from([5, 20, 30, 45, 60, 120])),
                capacity=draw(st.integers(1, 3)),
                valid_from=draw(st.none() | days),
                valid_until=draw(st.none() | days),
            )
        )
    return tuple(found)


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    absences: defaultdict[int, tuple[tuple[date, date], ...]] = defaultdict(tuple)
    for _ in range(draw(st.integers(0, 2))):
        starts_on = draw(days)
        absences[draw(st.integers(1, 2))] += ((starts_on, starts_on + timedelta(days=draw(st.integers(0, 20)))),)
    taken: defaultdict[int, tuple[Taken, ...]] = defaultdict(tuple)
    for _ in range(draw(st.integers(0, 4))):
        start = datetime.combine(draw(days), draw(times), UTC)
        end = start + timedelta(minutes=draw(st.sampled_from([20, 30, 60])))
        taken[draw(st.integers(1, 2))] += (Taken(start, end, draw(st.integers(0, 2)), draw(st.integers(1, 4))),)
    cancelled = draw(st.dictionaries(st.tuples(st.integers(1, 4), days), st.just(Change(True)), max_size=3))
    return Timetable(draw(rules()), cancelled, absences, taken)


@settings(max_examples=150)
@given(timetables(), days)
def test_an_opening_respects_everything(timetable: Timetable, first: date) -> None:
    from_at = datetime.combine(first, time(), UTC)
    until_at = from_at + timedelta(weeks=2)
    found = list(compute_openings(timetable, from_at, until_at))
    by_id = {each.permanence_id: each for each in timetable.rules}
    assert found == sorted(found)
    for opening in found:
        permanence = by_id[opening.permanence_id]
        local = opening.starts_at.astimezone(PARIS)
        day = local.date()
        assert from_at <= opening.starts_at <= until_at
        assert opening.ends_at - opening.starts_at == timedelta(minutes=permanence.opening_minutes)
        assert day.weekday() == permanence.weekday
        assert permanence.starts_at <= local.time() < permanence.ends_at
        assert (day.month, day.day) not in FIXED_HOLIDAYS
        assert permanence.valid_from is None or day >= permanence.valid_from
        assert permanence.valid_until is None or day <= permanence.valid_until
        assert not any(start <= day <= end for start, end in timetable.absences.get(permanence.lead_id, ()))
        assert (permanence.permanence_id, day) not in timetable.changes
        overlapping = [
            each
            for each in timetable.taken.get(permanence.lead_id, ())
            if each.starts_at < opening.ends_at and each.ends_at > opening.starts_at
        ]
        assert all(each.place_id == opening.place_id for each in overlapping)
        seats = {each.seat for each in overlapping if each.seat < permanence.capacity}
        assert opening.seats_left == permanence.capacity - len(seats) > 0
        assert parse_ref(opening.ref) == (opening.permanence_id, opening.starts_at)
    for permanence_id in by_id:
        own = [opening for opening in found if opening.permanence_id == permanence_id]
        assert all(one.ends_at <= other.starts_at for one, other in pairwise(own))


@settings(max_examples=60)
@given(rules(), days)
def test_no_opening_is_forgotten(every: tuple[Rule, ...], first: date) -> None:
    """On a day without a clock change or a holiday, each rule gives as many openings as fit."""
    day = first
    while (day.month, day.day) in FIXED_HOLIDAYS or day in (date(2026, 10, 25), date(2027, 3, 28), date(2027, 3, 29)):
        day += timedelta(days=1)
    found = list(compute_openings(Timetable(every), *_whole_day(day)))
    for each in every:
        held = each.weekday == day.weekday()
        held = held and (each.valid_from is None or each.valid_from <= day)
        held = held and (each.valid_until is None or each.valid_until >= day)
        length = datetime.combine(day, each.ends_at) - datetime.combine(day, each.starts_at)
        expected = length // timedelta(minutes=each.opening_minutes) if held else 0
        assert sum(opening.permanence_id == each.permanence_id for opening in found) == expected


def _whole_day(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), PARIS)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC) - timedelta(minutes=1)


@settings(max_examples=100)
@given(
    st.sampled_from([date(2026, 10, 25), date(2027, 3, 28)]),
    st.sampled_from([5, 20, 30, 60, 90, 120]),
    st.integers(0, 47),
    st.integers(1, 24),
)
def test_both_clock_change_nights(day: date, minutes: int, start: int, length: int) -> None:
    night = rule(
        weekday=6,
        starts_at=time(start // 12, start % 12 * 5),
        ends_at=(datetime.combine(day, time(start // 12, start % 12 * 5)) + timedelta(minutes=15 * length)).time(),
        opening_minutes=minutes,
    )
    found = list(compute_openings(Timetable((night,)), *_whole_day(day)))
    walls = [opening.starts_at.astimezone(PARIS) for opening in found]
    assert all(wall.fold == 0 for wall in walls), "a repeated time is taken once, the first time"
    assert len({wall.time() for wall in walls}) == len(walls)
    assert all(night.starts_at <= wall.time() < night.ends_at for wall in walls)
    assert all(one.ends_at <= other.starts_at for one, other in pairwise(found))
    assert all(opening.ends_at - opening.starts_at == timedelta(minutes=minutes) for opening in found)


def test_the_spring_night_has_no_half_past_two() -> None:
    night = rule(weekday=6, starts_at=time(1), ends_at=time(4))
    found = openings(Timetable((night,)), "2026-03-28T20:00Z", "2026-03-29T12:00Z")
    walls = [f"{opening.starts_at.astimezone(PARIS):%H:%M}" for opening in found]
    assert walls == ["01:00", "01:30", "03:00", "03:30"]
    assert [f"{opening.starts_at:%H:%M}" for opening in found] == ["00:00", "00:30", "01:00", "01:30"]


def test_the_autumn_night_has_one_half_past_two() -> None:
    night = rule(weekday=6, starts_at=time(2), ends_at=time(4))
    found = openings(Timetable((night,)), "2026-10-24T20:00Z", "2026-10-25T12:00Z")
    assert [f"{opening.starts_at:%H:%M}" for opening in found] == ["00:00", "00:30", "02:00", "02:30"]


def test_a_day_may_move_to_other_hours_and_another_place() -> None:
    day = date(2026, 12, 7)
    moved = Change(False, time(14), time(15), (9, "97411", "Indian/Reunion"))
    found = openings(Timetable((rule(),), {(1, day): moved}), "2026-12-07T00:00Z", "2026-12-07T23:00Z")
    assert [(opening.place_id, f"{opening.starts_at:%H:%M}") for opening in found] == [(9, "10:00"), (9, "10:30")]


def test_a_lead_is_not_in_two_places_at_once() -> None:
    here = rule(1, capacity=3)
    start = datetime(2026, 12, 7, 8, tzinfo=UTC)
    elsewhere = Taken(start, start + timedelta(minutes=30), 2, place_id=5)
    found = openings(Timetable((here,), taken={1: (elsewhere,)}), "2026-12-07T00:00Z", "2026-12-07T23:00Z")
    assert found[0].starts_at == start + timedelta(minutes=30)


def test_the_first_openings_do_not_cost_the_whole_horizon() -> None:
    from_at = datetime(2026, 11, 23, tzinfo=UTC)
    endless = compute_openings(Timetable((rule(),)), from_at, from_at + timedelta(weeks=52_000))
    assert len(list(islice(endless, 3))) == 3
