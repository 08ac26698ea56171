"""`allervers chat`: the assistant on the terminal, or line by line for programs."""

import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TextIO

import click
from sqlalchemy import select

from bot import inbox
from bot.app import Services, utc_now
from bot.channels.base import InboundMessage
from bot.channels.rendering import numbered
from bot.commands.moments import Moment
from bot.commands.territory import ensure_territory
from bot.commands.wiring import Wiring
from bot.conversations.models import Message
from bot.runtime.turn import Turns
from db.migrate import upgrade
from flows.engine.events import Choice, Event

CHANNEL = "console"
VARIANTS = {"console": "", "telegram": "telegram", "sms": "sms"}
KINDS = frozenset({"text", "payload", "location", "contact", "kind", "id"})


@click.command()
@click.option("--channel", type=click.Choice(list(VARIANTS)), default="console", help="How replies look.")
@click.option("--as", "key", default="me", help="Who speaks: another key is another person.")
@click.option("--at", type=Moment(), help="The moment it is, for the whole conversation.")
@click.option("--json", "as_json", is_flag=True, help="One inbound message a line in, one JSON reply a line out.")
@click.option("--events", is_flag=True, help="With --json: each turn's last reply also carries its events.")
@click.pass_obj
def chat(wiring: Wiring, channel: str, key: str, at: datetime | None, as_json: bool, events: bool) -> None:
    """Talks with the assistant. An empty database gets the demonstration territory first."""
    services = wiring.services(lambda: at or utc_now())
    upgrade(services.database.url)
    ensure_territory(services.database)
    talk = Talk(services, channel, key)
    if as_json:
        _lines(talk, sys.stdin, events)
    else:
        _terminal(talk)
    services.close()


class Talk:
    """One person's conversation on the terminal, through the real inbox, turn and outbox."""

    def __init__(self, services: Services, channel: str, key: str) -> None:
        self._services = services
        self._address = f"{channel}:{key}"
        self._seen: list[Event] = []
        mind = replace(services.mind, variants={**services.mind.variants, CHANNEL: VARIANTS[channel]})
        self._turns = Turns(services.database, mind, services.clock, observe=self._seen.extend)

    def say(self, **fields: Any) -> tuple[list[dict[str, Any]], list[Event]]:
        """What is answered to one message, and the turn's events."""
        self._seen.clear()
        fields.setdefault("provider_id", uuid.uuid4().hex)
        inbound = InboundMessage(channel=CHANNEL, address=self._address, **fields)
        with self._services.database.transaction() as session:
            accepted = inbox.accept(session, inbound, self._services.clock())
        self._turns.take(accepted.conversation_id)
        self._services.worker.run_until_idle(self._services.clock())
        with self._services.database.reading() as session:
            said = session.scalars(
                select(Message)
                .where(
                    Message.conversation_id == accepted.conversation_id,
                    Message.id > accepted.message_id,
                    Message.direction == "out",
                    Message.status != "dropped",
                )
                .order_by(Message.id)
            )
            return [_reply(message) for message in said], list(self._seen)


def _reply(message: Message) -> dict[str, Any]:
    content = message.content or {}
    return {
        "text": message.text or "",
        "choices": content.get("choices", []),
        "attachments": content.get("attachments", []),
    }


def _lines(talk: Talk, source: TextIO, with_events: bool) -> None:
    for line in source:
        replies, events = talk.say(**_fields(line.rstrip("\r\n")))
        if with_events:
            replies = replies or [{"text": "", "choices": [], "attachments": []}]
            replies[-1]["events"] = [event.to_json() for event in events]
        for reply in replies:
            click.echo(json.dumps(reply, ensure_ascii=False, default=str))
        sys.stdout.flush()


def _fields(line: str) -> dict[str, Any]:
    """A line as the fields of an inbound message: a JSON object of ours, else the text itself."""
    try:
        data = json.loads(line)
    except ValueError:
        return {"text": line}
    if not isinstance(data, dict) or not set(data) <= KINDS:
        return {"text": line}
    fields: dict[str, Any] = {"text": str(data.get("text") or "")}
    if data.get("payload"):
        fields |= {"payload": str(data["payload"]), "kind": "choice"}
    if isinstance(data.get("location"), dict):
        fields |= {"location": data["location"], "kind": "location"}
    if isinstance(data.get("contact"), dict):
        fields |= {"contact": data["contact"], "kind": "contact"}
    if data.get("kind"):
        fields["kind"] = str(data["kind"])
    if data.get("id"):
        fields["provider_id"] = f"{CHANNEL}:{data['id']}"
    return fields


def _terminal(talk: Talk) -> None:
    for text in _typed():
        replies, _ = talk.say(text=text)
        for reply in replies:
            choices = [Choice(**choice) for choice in reply["choices"]]
            click.echo("\n".join([reply["text"], *numbered(choices), ""]))


def _typed() -> Iterator[str]:
    while True:
        try:
            yield click.prompt("vous", prompt_suffix=" > ", default="", show_default=False)
        except (click.Abort, EOFError):
            click.echo("")
            return
