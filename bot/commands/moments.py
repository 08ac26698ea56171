"""A moment given on the command line."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from directory.territories import METROPOLE


class Moment(click.ParamType[datetime]):
    """An ISO time; without a zone it is France's wall time."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write it like 2026-12-01T09:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(METROPOLE))
