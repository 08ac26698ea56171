"""Rows and a browser for the desk's tests: two leads with a territory each, a coordinator, people who wrote."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.conversations.case_models import Case, CaseEntry
from bot.conversations.models import Address, Contact, Conversation, Message
from bot.settings import Settings
from db.crypto import fingerprint
from db.session import Database
from desk import accounts
from desk.app import create_app
from directory.models import Booking, BookingCell, Coverage, Lead, Permanence, Place

one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests in which nothing depends on the kind of database."""

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday, nine o'clock in France


class Wiring:
    """What the desk is given: settings, a database, a clock that tests move, a worker that counts its calls."""

    def __init__(self, database: Database) -> None:
        self.settings = Settings(_env_file=None)  # type: ignore[call-arg]
        self.database = database
        self.now = START
        self.woken = 0
        self.worker = self

    def clock(self) -> datetime:
        return self.now

    def wake_jobs(self) -> None:
        self.woken += 1


@dataclass
class World:
    """The rows, by what they are."""

    leads: dict[str, int] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    place_id: int = 0
    permanence_id: dict[str, int] = field(default_factory=dict)


def settle(session: Session, now: datetime = START) -> World:
    """Leads "north" and "south", each with a commune; "all" coordinates the country."""
    world = World()
    territories = {"north": ("commune", "62498"), "south": ("commune", "11069"), "all": ("national", "FR")}
    for code, (scope, covered) in territories.items():
        lead = Lead(code=code, role=f"Chef·fe de projet {code}", active=True)
        session.add(lead)
        session.flush()
        session.add(Coverage(lead_id=lead.id, scope=scope, code=covered))
        world.leads[code] = lead.id
    place = Place(
        code="ozanam", kind="citeslab", name="Espace Ozanam", insee_code="11069", lat=43.2, lon=2.3,
        precision="commune", timezone="Europe/Paris", active=True,
    )  # fmt: skip
    session.add(place)
    session.flush()
    world.place_id = place.id
    for code in ("north", "south"):
        permanence = Permanence(
            code=f"{code}-mon", place_id=place.id, lead_id=world.leads[code], weekday=0,
            starts_at=time(9), ends_at=time(12), opening_minutes=30, capacity=1,
        )  # fmt: skip
        session.add(permanence)
        session.flush()
        world.permanence_id[code] = permanence.id
    world.passwords = dict(accounts.ensure_demo_accounts(session, now))
    return world


def person(
    session: Session, number: str, name: str | None = "Samira", channel: str = "sms", now: datetime = START
) -> Conversation:
    """Someone who writes from this number."""
    contact = Contact(name=name, phone=number, created_at=now)
    session.add(contact)
    session.flush()
    address = Address(
        contact_id=contact.id, channel=channel, fingerprint=fingerprint(channel, number), external_id=number,
        created_at=now,
    )  # fmt: skip
    session.add(address)
    session.flush()
    conversation = Conversation(
        address_id=address.id, contact_id=contact.id, channel=channel, created_at=now, updated_at=now
    )
    session.add(conversation)
    session.flush()
    return conversation


def say(session: Session, conversation: Conversation, author: str, text: str, at: datetime) -> Message:
    """One message of the conversation."""
    message = Message(
        conversation_id=conversation.id,
        direction="in" if author == "resident" else "out",
        author=author,
        channel=conversation.channel,
        text=text,
        status="handled" if author == "resident" else "sent",
        created_at=at,
    )
    session.add(message)
    session.flush()
    return message


def open_case(
    session: Session, conversation: Conversation, lead_id: int | None, at: datetime = START, *, urgent: bool = False
) -> Case:
    """An open case of the person."""
    case = Case(
        contact_id=conversation.contact_id, conversation_id=conversation.id, lead_id=lead_id, insee_code="11069",
        reason="asked", urgent=urgent, profile={"idea": "couture", "stage": "idea"}, summary="Projet : couture.",
        opened_at=at, updated_at=at,
    )  # fmt: skip
    session.add(case)
    session.flush()
    session.add(CaseEntry(case_id=case.id, kind="opened", created_at=at))
    session.flush()
    return case


def book(session: Session, world: World, lead: str, conversation: Conversation, at: datetime) -> Booking:
    """Half an hour of a lead's permanence."""
    booking = Booking(
        reference=f"R{at:%m%d%H%M}", contact_id=conversation.contact_id, lead_id=world.leads[lead],
        place_id=world.place_id, permanence_id=world.permanence_id[lead], starts_at=at,
        ends_at=at + timedelta(minutes=30), seat=0, status="booked", created_at=at, updated_at=at,
    )  # fmt: skip
    session.add(booking)
    session.flush()
    for cell in range(0, 30, 5):
        session.add(
            BookingCell(lead_id=booking.lead_id, starts_at=at + timedelta(minutes=cell), seat=0, booking_id=booking.id)
        )
    session.flush()
    return booking


class Browser:
    """A lead's browser: it keeps cookies and fills the forms of the page it was given, as the page made them."""

    def __init__(self, wiring: Wiring, origin: str = "http://desk.test") -> None:
        self._loop = asyncio.Runner()
        transport = httpx.ASGITransport(Starlette(routes=[Mount("/desk", create_app(wiring))]))
        self._client = httpx.AsyncClient(transport=transport, base_url=origin)

    def close(self) -> None:
        """Stops its threads."""
        self._loop.run(self._client.aclose())
        self._loop.close()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def request(self, method: str, path: str, **values: Any) -> httpx.Response:
        """One request, redirects not followed."""
        return self._loop.run(self._client.request(method, f"/desk{path}", **values))

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page, redirects followed."""
        response = self.request("GET", path, follow_redirects=True)
        return response.status_code, response.text

    def log_in(self, login: str, password: str, path: str = "/login") -> int:
        """The status of the answer to the login form."""
        _, page = self.get(path)
        return self.send("/login", fields(page, "/desk/login") | {"login": login, "password": password})[0]

    def send(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        """Posts fields as they are. Returns status, and address or text."""
        response = self.request("POST", path, data=form)
        return response.status_code, response.headers.get("location") or response.text

    def submit(self, page_path: str, action: str, **values: str) -> tuple[int, str]:
        """Opens a page, fills the form that goes to `action`, sends it."""
        _, page = self.get(page_path)
        return self.send(action, fields(page, f"/desk{action}") | values)


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes to this address."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.S)
    assert form, f"no form goes to {action} in: {page[:2000]}"
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form.group())
    }
