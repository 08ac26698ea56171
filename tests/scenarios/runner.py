"""Plays a scenario on a stage: does what the person, a lead or the clock does, and looks at what was said."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.gsm7 import cost, fold
from bot.channels.rendering import WHATSAPP_LENGTH
from bot.conversations import cases
from bot.conversations.case_models import Case
from bot.conversations.models import Conversation
from bot.runtime import payloads
from desk import telling
from directory import bookings
from flows.engine.state import DialogueState
from tests.scenarios import given, outcome
from tests.scenarios.reading import DOES, Scenario
from tests.scenarios.stage import Reply, Stage
from tests.scenarios.transcript import Transcript

FIRST_WORDS = ("utter_introduce", "utter_privacy")
"""Said to whoever writes for the first time; a scenario names them only when they are what it is about."""
NUMBERED = ("sms", "whatsapp")
"""Where the numbers of choices stand in the text, unless a channel shows them in its own way."""
READS_AS = {"telegram": "web", "whatsapp": "sms"}
MOST_SEGMENTS = 4  # of one text message


class Play:
    """One performance."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self.scenario = scenario
        self.stage = stage
        self.transcript = Transcript()
        self.heard: list[Reply] = []  # since the last thing somebody did
        self.said: Reply | None = None  # the one the expectations are about
        self.waiting: list[Reply] = []  # not yet named by an `utter`
        self.named = False
        self.menu: tuple[Mapping[str, str], ...] = ()
        self.code = ""  # the six digits said last

    def run(self, ran: set[str]) -> None:
        """Every step, then the outcome; AssertionError says at which step."""
        given.prepare(self.stage, self.scenario.given)
        self.transcript.at(self.stage.clock.now)
        for number, step in enumerate(self.scenario.steps, start=1):
            try:
                self._step(step)
            except AssertionError as error:
                raise AssertionError(f"step {number} {dict(step)}: {error}\n\n{self.transcript}") from error
        self._nothing_unnamed()
        try:
            outcome.check(self.stage, self.scenario.then, ran)
        except AssertionError as error:
            raise AssertionError(f"in the end: {error}\n\n{self.transcript}") from error

    def _step(self, step: Mapping[str, Any]) -> None:
        verb = next(key for key in step if key in ACTS)
        if verb in DOES:
            self._nothing_unnamed()
        ACTS[verb](self, step[verb], step)

    def _nothing_unnamed(self) -> None:
        assert not (self.named and self.waiting), f"said too: {[reply.response for reply in self.waiting]}"

    # What happens

    def _hears(self, replies: list[Reply]) -> None:
        self.heard = replies
        self.waiting = [reply for reply in replies if reply.response not in FIRST_WORDS]
        self.named, self.said = False, None
        for reply in replies:
            self.transcript.said(reply, numbered=self.stage.channel in NUMBERED)
            self._is_fit_to_read(reply)
        self.code = next((found[0] for each in replies if (found := re.findall(r"\b\d{6}\b", each.text))), self.code)
        menus = [reply.choices for reply in replies if reply.choices]
        if menus:  # numbers go on from one message to the next
            self.menu = tuple(chain.from_iterable(menus)) if self.stage.channel in NUMBERED else menus[-1]

    def _is_fit_to_read(self, reply: Reply) -> None:
        assert reply.text.strip(), f"{reply.response} is empty"
        assert not re.search(r"[{}]|\bNone\b|utter_", reply.text), f"{reply.response} shows its workings: {reply.text}"
        if self.stage.channel == "whatsapp":
            assert len(reply.text) <= WHATSAPP_LENGTH, f"{reply.response} is too long"
        if self.stage.channel == "sms" and reply.author == "bot":
            assert cost(reply.text).segments <= MOST_SEGMENTS, f"{reply.response} takes {cost(reply.text)}"

    def _says(self, text: str, step: Mapping[str, Any]) -> None:
        text = text.replace("{code}", self.code)
        self.transcript.heard(text)
        self._hears(self.stage.hear(text=text, id=step.get("id"), referral=step.get("referral")))

    def _takes_up(self, channel: str, _step: Mapping[str, Any]) -> None:
        """The person takes another of their phones."""
        self.stage.channel = channel

    def _chooses(self, title: str, step: Mapping[str, Any]) -> None:
        """Taps the choice of the last menu whose title holds this; by text message, types its number."""
        number = next((rank for rank, choice in enumerate(self.menu, start=1) if title in choice["title"]), None)
        assert number, f"no choice says {title!r}: {[choice['title'] for choice in self.menu]}"
        choice = self.menu[number - 1]
        if self.stage.is_typed(choice["payload"]):
            self._says(str(number), step)
        else:
            self._taps(choice["payload"], {**step, "title": choice["title"]})

    def _taps(self, payload: str, step: Mapping[str, Any]) -> None:
        """Taps a button, shown last or long ago."""
        shown = next((rank for rank, choice in enumerate(self.menu, start=1) if choice["payload"] == payload), None)
        if self.stage.is_typed(payload):
            assert shown, f"{payload} is in no menu: let the scenario say channels: [web]"
            self._says(str(shown), step)
            return
        title = step.get("title") or payload
        self.transcript.heard(f"[{title}]")
        self._hears(self.stage.hear(kind="choice", payload=payload, text=title, id=step.get("id")))

    def _shares_place(self, location: Mapping[str, float], step: Mapping[str, Any]) -> None:
        self.transcript.heard(f"(location {location['lat']}, {location['lon']})")
        self._hears(self.stage.hear(kind="location", location=location, id=step.get("id")))

    def _shares_contact(self, contact: Mapping[str, str], step: Mapping[str, Any]) -> None:
        self.transcript.heard(f"(contact {contact.get('phone')})")
        self._hears(self.stage.hear(kind="contact", contact=contact, id=step.get("id")))

    def _sends_media(self, _media: bool, step: Mapping[str, Any]) -> None:
        self.transcript.heard("(a picture or a voice message)")
        self._hears(self.stage.hear(kind="media", id=step.get("id")))

    def _goes_by(self, at: str, _step: Mapping[str, Any]) -> None:
        replies = self.stage.advance(given.moment(at))
        self.transcript.at(self.stage.clock.now)
        self._hears(replies)

    def _leads(self, does: Mapping[str, Any], _step: Mapping[str, Any]) -> None:
        """What the case's lead does at the desk."""
        now = self.stage.clock.now
        with self.stage.database.transaction() as session:
            case = session.scalars(select(Case).order_by(Case.id.desc()).limit(1)).one()
            lead = case.lead_id or 0
            acts: Mapping[str, Callable[[], object]] = {
                "take_over": lambda: cases.take_over(session, case.id, lead, now),
                "reply": lambda: cases.reply(session, case.id, lead, does["text"], now),
                "give_back": lambda: cases.give_back(session, case.id, lead, now),
                "cancel": lambda: _cancel(session, case, does["text"], now),
                "close": lambda: cases.close(session, case.id, lead, does["outcome"], now),
            }
            acts[does["does"]]()
        self._hears(self.stage.settle())

    def _is_faster(self, title: str, _step: Mapping[str, Any]) -> None:
        """Somebody else takes one of the openings on the screen."""
        choice = next(choice for choice in self.menu if title in choice["title"])
        payload = payloads.parse(choice["payload"])
        assert payload is not None
        with self.stage.database.transaction() as session:
            given.take_ref(session, str(payload.slots["opening"]), self.stage.clock.now)

    def _are_released(self, step_id: str, _step: Mapping[str, Any]) -> None:
        """New flows go live: the step at which the person stood is called otherwise."""
        with self.stage.database.transaction() as session:
            conversation = session.get_one(Conversation, self.stage.conversation_id)
            state = DialogueState.from_json(conversation.state)
            top = replace(state.stack[-1], step=step_id)
            conversation.state = replace(state, stack=(*state.stack[:-1], top)).to_json()

    # What is expected

    def _is_uttered(self, response: str, _step: Mapping[str, Any]) -> None:
        if response in FIRST_WORDS and not self.named:
            self.waiting = list(self.heard)
        self.named = True
        assert self.waiting, f"nothing more was said; before: {[reply.response for reply in self.heard]}"
        self.said = self.waiting.pop(0)
        assert self.said.response == response, f"{self.said.response} was said: {self.said.text}"

    def _is_read(self, expected: Any, _step: Mapping[str, Any]) -> None:
        wanted = self._on_channel(expected)
        assert any(self._holds(reply.text, wanted) for reply in self._looked_at()), f"{wanted!r} is not said"

    def _is_not_read(self, expected: Any, _step: Mapping[str, Any]) -> None:
        unwanted = self._on_channel(expected)
        assert not any(self._holds(reply.text, unwanted) for reply in self._looked_at()), f"{unwanted!r} is said"

    def _are_offered(self, titles: list[str], _step: Mapping[str, Any]) -> None:
        offered = [title for reply in self._looked_at() for title in reply.titles]
        missing = [title for title in titles if not any(title in each for each in offered)]
        assert not missing, f"{missing} not offered, but {offered}"

    def _are_not_offered(self, titles: list[str], _step: Mapping[str, Any]) -> None:
        offered = [title for reply in self._looked_at() for title in reply.titles]
        found = [title for title in titles if any(title in each for each in offered)]
        assert not found, f"{found} offered among {offered}"

    def _is_remembered(self, slots: list[Mapping[str, Any]], _step: Mapping[str, Any]) -> None:
        known = self.stage.state().slots
        for slot in slots:
            for name, value in slot.items():
                assert outcome.shown(known.get(name)) == value, f"{name} is {known.get(name)!r}"

    def _is_silent(self, _silent: bool, _step: Mapping[str, Any]) -> None:
        assert not self.heard, f"said: {[reply.text for reply in self.heard]}"

    def _looked_at(self) -> list[Reply]:
        return [self.said] if self.said is not None else self.heard

    def _on_channel(self, expected: Any) -> str:
        """What is expected here; a channel reads as its like where nothing else is said."""
        if not isinstance(expected, Mapping):
            return str(expected)
        channel = self.stage.channel
        return str(expected[channel if channel in expected else READS_AS[channel]])

    def _holds(self, text: str, wanted: str) -> bool:
        """A substring, or between slashes a regular expression; by text message letters lose what costs twice."""
        if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
            return re.search(wanted[1:-1], text) is not None
        return (fold(wanted) if self.stage.channel == "sms" else wanted) in text


def _cancel(session: Session, case: Case, text: str, now: datetime) -> None:
    """The lead gives the person's next booking up and tells them, as the desk's button does."""
    booking = bookings.upcoming(session, case.contact_id, now)[0]
    telling.tell(session, case.contact_id, booking.lead_id, text, now)
    bookings.cancel(session, booking.id, now, by="lead")


ACTS: Mapping[str, Callable[[Play, Any, Mapping[str, Any]], None]] = {
    "phone": Play._takes_up,
    "user": Play._says,
    "choose": Play._chooses,
    "payload": Play._taps,
    "location": Play._shares_place,
    "contact": Play._shares_contact,
    "media": Play._sends_media,
    "at": Play._goes_by,
    "lead": Play._leads,
    "taken": Play._is_faster,
    "new_flows": Play._are_released,
    "utter": Play._is_uttered,
    "bot": Play._is_read,
    "not_bot": Play._is_not_read,
    "choices": Play._are_offered,
    "not_choices": Play._are_not_offered,
    "slot_was_set": Play._is_remembered,
    "silent": Play._is_silent,
}
