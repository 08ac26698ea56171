"""A house with its leads' group, and a lead who is known there."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from bot.telegram import webhook_secret
from bot.web_telegram import PATH
from db.session import Database
from directory.models import Coverage, Lead
from flows.actions import ACTIONS
from flows.engine.engine import Engine
from flows.loader import load_domain, load_flows
from nlu.understanding import Intent, Understanding
from tests.bot.leads_group.group import (
    COLLEAGUE,
    GROUP,
    MINE,
    NATIONAL,
    Group,
    linked,
)
from tests.bot.people import FakeChannel
from tests.bot.site import Server
from tests.bot.telegram_house import SITE
from tests.fake_telegram import FakeTelegram, Member


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_flows(), load_domain(), ACTIONS)


def nothing_understood(text: str) -> Understanding:
    """What texts mean matters not: a lead reads them."""
    return Understanding(text, Intent("out_of_scope", 0.9), ())


@pytest.fixture
def house(database: Database, telegram: FakeTelegram, now: datetime, engine: Engine) -> Iterator[Group]:
    with database.transaction() as session:
        for number in (MINE, COLLEAGUE, NATIONAL):
            session.add(Lead(id=number, code=f"lead-{number}", role=f"Chef·fe de projet {number}"))
        session.flush()
        session.add(Coverage(lead_id=NATIONAL, scope="national", code="FR"))
    house = Group(database, telegram, now, telegram_leads_chat=GROUP)
    house.engine, house.parse = engine, nothing_understood  # type: ignore[assignment]
    house.at, house.sms, house.bot_id = now, FakeChannel(), telegram.bot["id"]  # type: ignore[attr-defined]
    house.chat = telegram.group(GROUP)
    telegram.webhook = {"url": f"{SITE}{PATH}", "secret_token": webhook_secret(telegram.token)}
    server = Server(house)  # type: ignore[arg-type]
    telegram.deliver_to = server.url
    yield house
    server.stop()
    assert house.telegram is not None
    house.telegram.close()


@pytest.fixture
def nour(house: Group, telegram: FakeTelegram) -> Member:
    house.telegram_server = telegram  # type: ignore[attr-defined]
    return linked(house)
