"""What people write about days and hours, and what it means. One line a phrase."""

from datetime import date, time
from typing import Any

import pytest

from nlu.entities.dates import DateExtractor
from nlu.entities.resolve import resolve_date, resolve_time
from nlu.entities.times import TimeExtractor

TODAY = date(2026, 11, 22)  # a Sunday


def at(clock: str) -> dict[str, Any]:
    return {"from": clock, "to": None, "exact": True}


def within(first: str | None, last: str | None) -> dict[str, Any]:
    return {"from": first, "to": last, "exact": False}


def around(first: str, near: str, last: str) -> dict[str, Any]:
    return {"from": first, "to": last, "exact": False, "near": near}


MORNING, AFTERNOON, EVENING = within("08:00", "12:00"), within("12:00", "18:00"), within("18:00", "22:00")

PHRASES: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None]] = [
    ("mardi 14h", {"weekday": 1}, at("14:00")),
    ("mardi 14", {"weekday": 1, "day": 14}, None),
    ("mardi 14 decembre 9h30", {"weekday": 1, "day": 14, "month": 12}, at("09:30")),
    ("mardi à 14", {"weekday": 1}, at("14:00")),
    ("demain aprem", {"offset_days": 1}, AFTERNOON),
    ("demain après-midi", {"offset_days": 1}, AFTERNOON),
    ("le 8 à 9h30", {"day": 8}, at("09:30")),
    ("le 8", {"day": 8}, None),
    ("dem1", {"offset_days": 1}, None),
    ("2m1 mat1", {"offset_days": 1}, MORNING),
    ("ajd", {"offset_days": 0}, None),
    ("pour noël", {"day": 25, "month": 12}, None),
    ("aujourd'hui 16h", {"offset_days": 0}, at("16:00")),
    ("aujourd’hui", {"offset_days": 0}, None),
    ("apres-demain", {"offset_days": 2}, None),
    ("après demain vers 9h", {"offset_days": 2}, around("08:30", "09:00", "09:30")),
    ("lundi pro", {"weekday": 0, "next": 1}, None),
    ("lundi prochain", {"weekday": 0, "next": 1}, None),
    ("jeudi qui vient", {"weekday": 3, "next": 1}, None),
    ("mardi de la semaine prochaine", {"weekday": 1, "week_offset": 1}, None),
    ("la semaine pro mardi", {"weekday": 1, "week_offset": 1}, None),
    ("lundi en huit", {"weekday": 0, "weeks_later": 1}, None),
    ("dans 3 jours", {"offset_days": 3}, None),
    ("ds 15 j", {"offset_days": 15}, None),
    ("dans deux semaines", {"offset_days": 14}, None),
    ("dans huit jours", {"offset_days": 8}, None),
    ("dans 1 mois", {"offset_months": 1}, None),
    ("semaine pro", {"week_offset": 1}, None),
    ("la semaine prochaine", {"week_offset": 1}, None),
    ("cette semaine", {"week_offset": 0}, None),
    ("ce week-end", {"weekend": 0}, None),
    ("le mois prochain", {"month_offset": 1}, None),
    ("fin du mois", {"month_offset": 0, "part": "end"}, None),
    ("début décembre", {"month": 12, "part": "start"}, None),
    ("en janvier", {"month": 1}, None),
    ("ce soir", {"offset_days": 0}, EVENING),
    ("cet aprem", {"offset_days": 0}, AFTERNOON),
    ("cette apres-midi", {"offset_days": 0}, AFTERNOON),
    ("ce matin", {"offset_days": 0}, MORNING),
    ("2 dec", {"day": 2, "month": 12}, None),
    ("le 2 déc.", {"day": 2, "month": 12}, None),
    ("8/12", {"day": 8, "month": 12}, None),
    ("08/12/2026", {"day": 8, "month": 12, "year": 2026}, None),
    ("08.12.26", {"day": 8, "month": 12, "year": 2026}, None),
    ("2026-12-08", {"day": 8, "month": 12, "year": 2026}, None),
    ("le 8/12 a 10h", {"day": 8, "month": 12}, at("10:00")),
    ("mardi 8/12 14h", {"weekday": 1, "day": 8, "month": 12}, at("14:00")),
    ("sam 12 dec", {"weekday": 5, "day": 12, "month": 12}, None),
    ("le 1er", {"day": 1}, None),
    ("le 1er décembre", {"day": 1, "month": 12}, None),
    ("le premier décembre", {"day": 1, "month": 12}, None),
    ("1 er dec", {"day": 1, "month": 12}, None),
    ("jeudi apres 17h", {"weekday": 3}, within("17:00", None)),
    ("à partir de 17h30", None, within("17:30", None)),
    ("avant 10h", None, within(None, "10:00")),
    ("lundi avant midi", {"weekday": 0}, within(None, "12:00")),
    ("entre 14 et 16h", None, within("14:00", "16:00")),
    ("entre 14h et 16h30", None, within("14:00", "16:30")),
    ("de 9h à 11h", None, within("09:00", "11:00")),
    ("mardi 14-16h", {"weekday": 1}, within("14:00", "16:00")),
    ("entre midi et deux", None, within("12:00", "14:00")),
    ("entre midi et 14h", None, within("12:00", "14:00")),
    ("midi", None, at("12:00")),
    ("demain midi", {"offset_days": 1}, at("12:00")),
    ("midi et demi", None, at("12:30")),
    ("14 h 30", None, at("14:30")),
    ("14:30", None, at("14:30")),
    ("14H30", None, at("14:30")),
    ("9h et quart", None, at("09:15")),
    ("11h moins le quart", None, at("10:45")),
    ("dix heures et demie", None, at("10:30")),
    ("quatorze heures trente", None, at("14:30")),
    ("a 2h de laprem", None, at("14:00")),
    ("2h de l'après-midi", None, at("14:00")),
    ("à 3h", None, at("15:00")),
    ("mardi 3h", {"weekday": 1}, at("15:00")),
    ("6h du matin", None, at("06:00")),
    ("7h du soir", None, at("19:00")),
    ("vers 9h", None, around("08:30", "09:00", "09:30")),
    ("matin", None, MORNING),
    ("plutôt le matin", None, MORNING),
    ("mercredi matin", {"weekday": 2}, MORNING),
    ("vendredi soir", {"weekday": 4}, EVENING),
    ("en fin de journée", None, within("16:00", "20:00")),
    ("en fin d'après-midi", None, within("16:00", "18:00")),
    ("début de matinée", None, within("08:00", "10:00")),
    ("je suis dispo mardi 8 décembre à 14h30 svp", {"weekday": 1, "day": 8, "month": 12}, at("14:30")),
    ("esk ya de la place jeudi 10 a 9h", {"weekday": 3, "day": 10}, at("09:00")),
    ("bonjour je voudrais un rdv pour vendredi", {"weekday": 4}, None),
    ("le 3 janvier 2027", {"day": 3, "month": 1, "year": 2027}, None),
    ("le 15 au matin", {"day": 15}, MORNING),
    ("le 8, 14h", {"day": 8}, at("14:00")),
    ("mardi 8 9h", {"weekday": 1, "day": 8}, at("09:00")),
    # Traps: nothing to find.
    ("j'ai 2 enfants", None, None),
    ("je gagne 1000e", None, None),
    ("06 39 98 12 34", None, None),
    ("06/39/98/12/34", None, None),
    ("24 bus", None, None),
    ("le 24 bus", None, None),
    ("1 mois", None, None),
    ("j'ai 35 ans", None, None),
    ("le 13eme arrondissement", None, None),
    ("ouvert 24/7 et 24h/24", None, None),
    ("un jeu video", None, None),
    ("oui mais comment", None, None),
    ("35h par semaine", None, None),
    ("10h par semaine", None, None),
    ("les 12 heures d'activité", None, None),
    ("7h de conduite", None, None),
    ("une formation de 2h", None, None),
    ("le 12 rue des lilas", None, None),
    ("3/4 temps", None, None),
    ("bonsoir", None, None),
    ("la moitié de 500", None, None),
    ("il marche bien", None, None),
    ("", None, None),
]


@pytest.mark.parametrize(("text", "on", "at_time"), PHRASES, ids=[phrase[0] or "empty" for phrase in PHRASES])
def test_reads(text: str, on: dict[str, Any] | None, at_time: dict[str, Any] | None) -> None:
    dates = DateExtractor().extract(text)
    times = TimeExtractor().extract(text)
    assert [entity.value for entity in dates] == ([on] if on else [])
    assert [entity.value for entity in times] == ([at_time] if at_time else [])
    for entity in (*dates, *times):
        assert entity.text == text[entity.start : entity.end]


RESOLVED = [
    ({"weekday": 6}, date(2026, 11, 22), date(2026, 11, 22)),
    ({"weekday": 6, "next": 1}, date(2026, 11, 29), date(2026, 11, 29)),
    ({"weekday": 1}, date(2026, 11, 24), date(2026, 11, 24)),
    ({"weekday": 0, "weeks_later": 1}, date(2026, 11, 30), date(2026, 11, 30)),
    ({"weekday": 1, "week_offset": 1}, date(2026, 11, 24), date(2026, 11, 24)),
    ({"day": 8}, date(2026, 12, 8), date(2026, 12, 8)),
    ({"day": 22}, date(2026, 11, 22), date(2026, 11, 22)),
    ({"day": 31}, date(2026, 12, 31), date(2026, 12, 31)),
    ({"day": 8, "weekday": 1}, date(2026, 12, 8), date(2026, 12, 8)),
    ({"day": 8, "weekday": 4}, date(2027, 1, 8), date(2027, 1, 8)),
    ({"day": 8, "month": 1}, date(2027, 1, 8), date(2027, 1, 8)),
    ({"day": 29, "month": 2}, date(2028, 2, 29), date(2028, 2, 29)),
    ({"day": 31, "month": 6}, date(2027, 6, 30), date(2027, 6, 30)),
    ({"day": 31, "month": 11}, date(2026, 11, 30), date(2026, 11, 30)),
    ({"day": 8, "month": 12, "year": 2026}, date(2026, 12, 8), date(2026, 12, 8)),
    ({"day": 31, "month": 2, "year": 2027}, date(2027, 2, 28), date(2027, 2, 28)),
    ({"offset_days": 15}, date(2026, 12, 7), date(2026, 12, 7)),
    ({"offset_months": 3}, date(2027, 2, 22), date(2027, 2, 22)),
    ({"week_offset": 0}, date(2026, 11, 22), date(2026, 11, 22)),
    ({"week_offset": 1}, date(2026, 11, 23), date(2026, 11, 29)),
    ({"weekend": 0}, date(2026, 11, 22), date(2026, 11, 22)),
    ({"weekend": 1}, date(2026, 11, 28), date(2026, 11, 29)),
    ({"month_offset": 1}, date(2026, 12, 1), date(2026, 12, 31)),
    ({"month_offset": 0, "part": "end"}, date(2026, 11, 22), date(2026, 11, 30)),
    ({"month": 1}, date(2027, 1, 1), date(2027, 1, 31)),
    ({"month": 12, "part": "start"}, date(2026, 12, 1), date(2026, 12, 10)),
]


@pytest.mark.parametrize(("value", "first", "last"), RESOLVED, ids=[str(row[0]) for row in RESOLVED])
def test_resolves_dates(value: dict[str, Any], first: date, last: date) -> None:
    assert resolve_date(value, TODAY) == (first, last)


def test_resolves_times() -> None:
    assert resolve_time(at("14:00")) == (time(14), time(14))
    assert resolve_time(within("17:00", None)) == (time(17), time(23, 59))
    assert resolve_time(within(None, "10:00")) == (time(0), time(10))
    assert resolve_time(AFTERNOON) == (time(12), time(18))


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not a date value"):
        resolve_date({"amount": 3}, TODAY)
