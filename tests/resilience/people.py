"""Residents who write whatever happens: what is not acknowledged is sent again, as the page and the providers do."""

import http.client
import itertools
import json
from typing import Any

from db.session import Database
from tests.bot.site import Browser
from tests.resilience.outside import Outside, until
from tests.resilience.record import waits
from tests.resilience.served import Service

Step = str | int
"""What a resident does: "/payload", a text, or the place of the choice they tap."""

LOST = (OSError, http.client.HTTPException)
_numbers = itertools.count(1)


class Resident:
    """Somebody with a phone."""

    def __init__(self, service: Service) -> None:
        self.number = next(_numbers)
        self._ids = itertools.count(1)
        self.browser = Browser(service)  # type: ignore[arg-type]

    def choices(self) -> list[dict[str, str]]:
        """What can be tapped."""
        raise NotImplementedError

    def through(self, service: Service) -> None:
        """From now on their requests reach another process."""
        cookie = self.browser.cookie
        self.browser = Browser(service)  # type: ignore[arg-type]
        self.browser.cookie = cookie

    def fields(self, step: Step) -> dict[str, Any]:
        """A step as what is sent."""
        if isinstance(step, int):
            choice = self.choices()[step]
            return {"payload": choice["payload"], "title": choice["title"]}
        return {"payload": step} if step.startswith("/") else {"text": step}

    def insist(self, send: Any) -> Any:
        """Repeats a request until it is answered."""
        for _ in range(200):
            try:
                return send()
            except LOST:
                continue
        raise AssertionError("nobody answers")


class WebResident(Resident):
    """On the web page: fetches what is said."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.seen: list[dict[str, Any]] = []

    def send(self, step: Step) -> int:
        """Sends one message until it is acknowledged; its id."""
        message_id = f"00000000-0000-4000-8000-{self.number:06d}{next(self._ids):06d}"
        sent = json.dumps({"id": message_id, **self.fields(step)}).encode()
        answer = self.insist(lambda: self.browser.post("/phone/messages", sent))
        assert answer.status == 202, answer.text
        return int(answer.json["message_id"])

    def look(self, wait: int = 1) -> None:
        """Fetches what is new."""
        after = self.seen[-1]["id"] if self.seen else 0
        self.seen += self.insist(lambda: self.browser.read(after, wait))

    def choices(self) -> list[dict[str, str]]:
        return next(message["choices"] for message in reversed(self.seen) if message["choices"])

    def say(self, step: Step) -> None:
        """Says something and reads the answer."""
        sent = self.send(step)

        def answered() -> bool:
            self.look()
            return any(message["author"] != "resident" and message["id"] > sent for message in self.seen)

        until(answered, f"the answer to {step!r}")


class PhoneResident(Resident):
    """By SMS: the provider hands their messages over again until it is told 200."""

    def __init__(self, service: Service, outside: Outside, database: Database) -> None:
        super().__init__(service)
        self._outside, self._database = outside, database
        self.address = f"+336399800{self.number % 100:02d}"

    def send(self, step: Step, door: Browser | None = None) -> None:
        """Sends one message until it is acknowledged, perhaps through another process."""
        fields = self.fields(step)
        fields["text"] = fields.pop("title", fields.get("text", ""))
        body = json.dumps({"address": self.address, "provider_id": f"{self.number}-{next(self._ids)}", **fields})
        answer = self.insist(lambda: (door or self.browser).post("/provider", body.encode()))
        assert answer.status == 200, answer.text

    def say(self, step: Step) -> None:
        """Says something and waits until all of the answer has come."""
        self.send(step)
        until(lambda: not waits(self._database, self.address), f"the answer to {step!r}")

    @property
    def received(self) -> list[dict[str, Any]]:
        """What arrived on this phone, twice included."""
        return [message for message in self._outside.messages if message["to"] == self.address]

    def choices(self) -> list[dict[str, str]]:
        return next(message["choices"] for message in reversed(self.received) if message["choices"])
