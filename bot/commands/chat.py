"""`allervers chat`: the assistant on the terminal, or line by line for programs."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TextIO

import click
from sqlalchemy import select

from bot import inbox
from bot.app import Services, utc_now
from bot.channels import console
from bot.channels.rendering import is_numbered, numbered
from bot.commands.moments import Moment
from bot.commands.territory import ensure_territory
from bot.commands.wiring import Wiring
from bot.conversations.models import Message
from bot.runtime.turn import Turns
from flows.engine.events import Choice, Event


@click.command()
@click.option("--channel", type=click.Choice(list(console.VARIANTS)), default="console", help="How replies look.")
@click.option("--as", "key", default="me", help="Who speaks: another key is another person.")
@click.option("--at", type=Moment(), help="The moment it is, for the whole conversation.")
@click.option("--json", "as_json", is_flag=True, help="One inbound message a line in, one JSON reply a line out.")
@click.option("--events", is_flag=True, help="With --json: each turn's last reply also carries its events.")
@click.pass_obj
def chat(wiring: Wiring, channel: str, key: str, at: datetime | None, as_json: bool, events: bool) -> None:
    """Talks with the assistant. An empty database gets the demonstration territory first."""
    services = wiring.services(lambda: at or utc_now())
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
        self.is_numbered = is_numbered(console.VARIANTS[channel])  # the numbers are in the text already
        self._seen: list[Event] = []
        mind = replace(services.mind, variants={**services.mind.variants, console.NAME: console.VARIANTS[channel]})
        self._turns = Turns(services.database, mind, services.clock, observe=self._seen.extend)

    def say(self, line: str) -> tuple[list[dict[str, Any]], list[Event]]:
        """What is answered to one line, and the turn's events; nothing to a message that was there already."""
        self._seen.clear()
        with self._services.database.transaction() as session:
            accepted = inbox.accept(session, console.receive(line, self._address), self._services.clock())
        if not accepted.is_new:
            return [], []
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
        replies, events = talk.say(line.rstrip("\r\n"))
        if with_events:
            replies = replies or [{"text": "", "choices": [], "attachments": []}]
            replies[-1]["events"] = [event.to_json() for event in events]
        for reply in replies:
            click.echo(json.dumps(reply, ensure_ascii=False, default=str))
        sys.stdout.flush()


def _terminal(talk: Talk) -> None:
    for text in _typed():
        replies, _ = talk.say(text)
        for reply in replies:
            choices = [] if talk.is_numbered else [Choice(**choice) for choice in reply["choices"]]
            click.echo("\n".join([reply["text"], *numbered(choices), ""]))


def _typed() -> Iterator[str]:
    while True:
        try:
            yield click.prompt("vous", prompt_suffix=" > ", default="", show_default=False)
        except (click.Abort, EOFError):
            click.echo("")
            return
