"""From events to rows: messages, cases, notifications, reminders and consent, in the turn's own transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot import outbox
from bot.channels.rendering import Rendered, in_one_turn, is_numbered, render, render_rest
from bot.conversations import cases, consent, contacts, reminders
from bot.conversations.models import Conversation, Message, TurnEvent
from bot.conversations.notifications import owe_notification
from bot.runtime.listening import name_their_message
from directory import bookings, coverage
from directory.models import Booking
from flows import events as facts
from flows.actions.save_profile import FIELDS
from flows.engine.events import BotUttered, Choice, Event, SlotCorrected, SlotSet
from flows.engine.language import FRENCH
from flows.engine.state import DialogueState

REST = "rest"
"""The response of a message that only continues another."""

NOT_URGENT = frozenset({"advice"})
"""Reasons of a handoff for which nobody waits in front of their screen."""


class Effects:
    """Applies one turn's events, in order. The caller owns the transaction and the conversation's lock."""

    def __init__(
        self, session: Session, conversation: Conversation, message_id: int, variant: str, now: datetime
    ) -> None:
        self.session = session
        self.conversation = conversation
        self.contact = conversation.contact
        self.message_id = message_id
        self.variant = variant
        self.now = now
        self.erased = False
        # Still so once the turn has begun: they asked for something that is theirs, which leaves, and nothing else.
        self.last_word = conversation.address.stopped_at is not None
        self.slots: Mapping[str, Any] = {}
        self.said: list[Message] = []
        self.menu: tuple[Choice, ...] = ()  # every choice of the turn: their numbers go on from message to message

    def apply(self, state: DialogueState, events: Sequence[Event]) -> None:
        """Writes everything that follows from the turn, and the state it leaves behind."""
        self.slots = state.slots
        for event in in_one_turn(events, self.variant):
            handler = HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
        self.speak()
        if self.menu and is_numbered(self.variant):
            state = replace(state, menu=self.menu)
        if not self.erased:
            self.conversation.state = state.to_json()
        contacts.touch(self.conversation, self.now)
        written = [
            {"conversation_id": self.conversation.id, "message_id": self.message_id, "kind": kind, "detail": detail,
             "created_at": self.now}
            for kind, detail in map(_counted, events)
        ]  # fmt: skip
        if written:
            self.session.execute(insert(TurnEvent), written)  # plain rows: nobody reads them in this turn

    # Speech

    def say(self, said: BotUttered) -> None:
        """One more outgoing message."""
        first = len(self.menu) + 1
        self.menu += said.choices
        self._write(said.response, render(said, self.variant, self.contact.language, first), said.language)

    def go_on(self, rest: str) -> None:
        """Says what a message was too short for; the dialogue stays where it is."""
        self._write(REST, render_rest(rest, self.variant, self.contact.language))
        self.speak()
        contacts.touch(self.conversation, self.now)

    def _write(self, response: str, rendered: Rendered, language: str = FRENCH) -> None:
        content: dict[str, Any] = {
            "response": response,
            "choices": [asdict(choice) for choice in rendered.choices],
            "attachments": [dict(attachment) for attachment in rendered.attachments],
        }
        if rendered.rest:
            content["rest"] = rendered.rest
        if language != FRENCH:
            content["language"] = language
        if self.last_word:
            content["last_word"] = True
        self.said.append(
            Message(
                conversation_id=self.conversation.id,
                direction="out",
                author="bot",
                channel=self.conversation.channel,
                text=rendered.text,
                content=content,
                owner_epoch=self.conversation.owner_epoch,
                created_at=self.now,
            )
        )

    def speak(self) -> None:
        """Writes what was said so far, and owes its delivery."""
        outbox.owe_deliveries(self.session, self.said, self.now)
        name_their_message(self.said)
        self.said = []

    # What the person told

    def remember(self, event: SlotSet) -> None:
        """Name, phone and language belong to the person, not to the dialogue alone."""
        match event.name:
            case "name":
                contacts.rename(self.contact, event.value)
            case "phone":
                contacts.set_phone(self.contact, event.value)
            case "language":
                contacts.set_language(self.contact, event.value or FRENCH)
            case "poster":
                contacts.refer(self.contact, event.value, self.now)

    def profile(self) -> dict[str, Any]:
        """What is known of the project, as a case keeps it."""
        return {name: self.slots[name] for name in FIELDS if self.slots.get(name) is not None}

    # Cases

    def hand_off(self, event: facts.HandoffRequested) -> None:
        """A human is needed: the case goes to whoever covers the commune, and they are told."""
        case_id = self.update_case(
            reason="asked" if event.reason == "routed" else event.reason,
            entry_kind="routed" if event.reason == "routed" else "handoff_requested",
            entry_detail={"reason": event.reason},
            urgent=event.reason not in NOT_URGENT,
            lead_id=self._covering_lead(),
        )
        owe_notification(self.session, "handoff", self.now, case_id=case_id)

    def booked(self, event: facts.AppointmentBooked) -> None:
        """The lead finds the booking in a case; a reminder is owed."""
        self._booking_changed("booked", "booking", bookings.get(self.session, event.booking_id))

    def moved(self, event: facts.AppointmentMoved) -> None:
        """As for a booking; the former reminder dies when it sees that its booking moved."""
        self._booking_changed("moved", "moved", bookings.get(self.session, event.booking_id))

    def cancelled(self, event: facts.AppointmentCancelled) -> None:
        """The lead learns that the time is free again."""
        booking = bookings.get(self.session, event.booking_id)
        self.update_case(
            reason="appointment", entry_kind="cancelled", entry_detail=_about(booking), lead_id=booking.lead_id
        )
        owe_notification(self.session, "cancelled", self.now, booking_id=booking.id)

    def _booking_changed(self, entry_kind: str, fact: str, booking: Booking) -> None:
        self.update_case(
            reason="appointment", entry_kind=entry_kind, entry_detail=_about(booking), lead_id=booking.lead_id
        )
        owe_notification(self.session, fact, self.now, booking_id=booking.id)
        reminders.owe_reminder(self.session, booking, self.now)

    def update_case(self, **changes: Any) -> int:
        """Opens or updates the person's case; its id."""
        commune = self.slots.get("commune") or {}
        case, _ = cases.open_or_update(
            self.session,
            contact_id=self.contact.id,
            conversation_id=self.conversation.id,
            now=self.now,
            insee_code=commune.get("insee_code"),
            profile=self.profile() or None,
            **changes,
        )
        return case.id

    def told(self, event: facts.ProfileSaved | SlotCorrected) -> None:
        """The lead who already has the case reads what was told or corrected since; another town may be another's."""
        case = cases.open_case_of(self.session, self.contact.id)
        if case is None or not self.profile():
            return
        kind, before = "profile" if isinstance(event, facts.ProfileSaved) else "corrected", case.lead_id
        follows = bool(self.slots.get("commune")) and case.reason != "appointment"  # that one stays whose it is
        self.update_case(reason=case.reason, entry_kind=kind, lead_id=self._covering_lead() if follows else None)
        if case.lead_id != before:
            owe_notification(self.session, "handoff", self.now, case_id=case.id)

    def _covering_lead(self) -> int | None:
        commune, qpv = self.slots.get("commune") or {}, self.slots.get("qpv") or {}
        lead = coverage.lead_for(self.session, commune.get("insee_code"), qpv.get("code"))
        return lead.id if lead else None

    # Consent

    def stop(self, _event: facts.MessagesStopped) -> None:
        """Nothing but the confirmation leaves from now on."""
        consent.stop(self.session, self.conversation, self.now)
        self.last_word = True

    def forget_phone(self, _event: facts.PhoneForgotten) -> None:
        """The number goes from the person and their cases."""
        consent.forget_phone(self.session, self.contact, self.now)

    def erase(self, _event: facts.ErasureRequested) -> None:
        """Everything goes; the confirmation is written afterwards and is the last word."""
        self.speak()  # before: it is erased too
        consent.erase(self.session, self.contact, self.now)
        self.erased = self.last_word = True


HANDLERS: Mapping[type[Event], Callable[[Effects, Any], None]] = {
    BotUttered: Effects.say,
    SlotSet: Effects.remember,
    SlotCorrected: Effects.told,
    facts.ProfileSaved: Effects.told,
    facts.HandoffRequested: Effects.hand_off,
    facts.AppointmentBooked: Effects.booked,
    facts.AppointmentMoved: Effects.moved,
    facts.AppointmentCancelled: Effects.cancelled,
    facts.MessagesStopped: Effects.stop,
    facts.PhoneForgotten: Effects.forget_phone,
    facts.ErasureRequested: Effects.erase,
}


def _about(booking: Booking) -> dict[str, Any]:
    return {"booking_id": booking.id, "starts_at": booking.starts_at.isoformat(), "place": booking.place.name}


_COUNTED_FIELDS = ("response", "flow", "topic", "reason", "slot", "count", "booking_id")


def _counted(event: Event) -> tuple[str, dict[str, Any]]:
    """What is kept of an event for statistics: names and reasons, never a value the person gave."""
    data = event.to_json()
    detail = {name: data[name] for name in _COUNTED_FIELDS if name in data}
    if isinstance(event, SlotSet):
        detail["slot"] = event.name
    return data["event"], detail
