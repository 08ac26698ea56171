"""From what a person did to the commands of the flow engine: the only place where `nlu` and `flows` meet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from bot.channels.base import InboundMessage
from bot.runtime import payloads, texts
from directory.geography import Commune, Gazetteer, ambiguous
from flows.engine import commands as c
from flows.engine.domain import SlotMapping
from flows.engine.engine import Engine
from flows.engine.events import Choice
from flows.engine.state import DialogueState
from flows.knowledge_base import Knowledge
from nlu.entities.resolve import resolve_date, resolve_time
from nlu.understanding import Entity, Intent, Understanding

ACCEPT = 0.5  # above, the meaning is acted upon
DOUBT = 0.2  # above, it is offered among at most three
SURE = 0.7  # above, it may interrupt a question that takes any text
TITLE_LIKENESS = 88  # of 100, between a reply and a button's words

REPLIES: Mapping[str, str] = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thanks": "utter_thanks",
    "affirm": "utter_ok",
    "deny": "utter_no_problem",
    "insult": "utter_insult",
    "distress": "utter_distress",
    "out_of_scope": "utter_out_of_scope",
}
CONTROLS: Mapping[str, c.Command] = {
    "restart": c.Restart(),
    "repeat": c.RepeatBotMessages(),
    "skip": c.SkipQuestion(),
    "cancel_flow": c.CancelFlow(),
}
FREE_TEXT_GIVES_WAY_TO = frozenset(
    {"stop_messages", "delete_my_data", "show_my_data", "talk_to_human", "skip", "cancel_flow", "help", "restart",
     "repeat", "distress", "insult", "complaint", "deny", "cancel_appointment", "change_language"}
)  # fmt: skip
LEAVES_AT_ONCE = frozenset({"stop_messages", "delete_my_data", "show_my_data"})


@dataclass(frozen=True)
class Reading:
    """One inbound message with what NLU made of it."""

    inbound: InboundMessage
    understanding: Understanding | None
    today: date
    first_time: bool


class Interpreter:
    """Reads messages in the light of what was asked. Stateless and shared."""

    def __init__(self, engine: Engine, knowledge: Knowledge, gazetteer: Gazetteer) -> None:
        self.engine = engine
        self.knowledge = knowledge
        self.gazetteer = gazetteer
        self.triggers = {intent: flow.id for flow in engine.flows.values() for intent in flow.intents}
        keywords = texts.load_words("keywords.yml")
        self.anytime = _by_word(keywords["anytime"])
        self.while_asked = _by_word(keywords["while_asked"])
        self.words: Mapping[str, Mapping[str, list[str]]] = texts.load_words("words.yml")

    def needs_understanding(self, inbound: InboundMessage) -> bool:
        """True when there is text to read."""
        return inbound.payload is None and bool(inbound.text.strip())

    def read(self, reading: Reading, state: DialogueState) -> list[c.Command]:
        """The commands of a turn; never empty."""
        found = self._read(_Turn(reading, state, self.engine))
        leaving = any(isinstance(command, c.StartFlow) and command.flow in LEAVES_AT_ONCE for command in found)
        return [c.SessionStart(), *found] if reading.first_time and not leaving else found

    def _read(self, turn: "_Turn") -> list[c.Command]:
        inbound = turn.inbound
        if inbound.location is not None:
            return self._located(turn, inbound.location)
        if inbound.contact is not None:
            return self._shared_contact(inbound.contact)
        payload = inbound.payload or self._shortcut(turn)
        if payload is not None and (parsed := payloads.parse(payload)) is not None:
            return self._tapped(turn, parsed)
        if not inbound.text.strip():
            return [c.CannotHandle("media" if inbound.kind == "media" else "empty")]
        return self._said(turn)

    # Taps, words that act, shared contacts and places

    def _shortcut(self, turn: "_Turn") -> str | None:
        """The payload behind a menu's number or words, or behind a keyword."""
        folded = texts.fold(turn.text)
        menu = turn.state.menu
        if folded.isdigit() and 0 < int(folded) <= len(menu):
            return menu[int(folded) - 1].payload
        for choice in menu:
            if folded and folded == texts.fold(choice.title):
                return choice.payload
        return self.anytime.get(folded) or (self.while_asked.get(folded) if turn.asked else None)

    def _tapped(self, turn: "_Turn", payload: payloads.Payload) -> list[c.Command]:
        slots: list[c.Command] = [c.SetSlot(name, self._value(name, value)) for name, value in payload.slots.items()]
        return [*slots, *self._meant(turn, payload.intent)] if payload.intent else slots

    def _value(self, slot: str, value: Any) -> Any:
        if slot == "commune" and isinstance(value, str):
            commune = self.gazetteer.by_insee(value)
            return _commune(commune) if commune else None
        return value

    def _located(self, turn: "_Turn", location: Mapping[str, float]) -> list[c.Command]:
        point = {"lat": float(location["lat"]), "lon": float(location["lon"])}
        commune = self.gazetteer.nearest(point["lat"], point["lon"])
        slots: list[c.Command] = [c.SetSlot("location", point), c.SetSlot("commune", _commune(commune))]
        return slots if turn.state.active_flow else [*slots, c.StartFlow("find_place")]

    def _shared_contact(self, contact: Mapping[str, str]) -> list[c.Command]:
        given = [c.SetSlot(slot, contact[slot]) for slot in ("phone", "name") if contact.get(slot)]
        return [*given] or [c.CannotHandle("empty")]

    # Words

    def _said(self, turn: "_Turn") -> list[c.Command]:
        understanding = turn.understanding
        if understanding is None:
            return [c.CannotHandle()]
        if turn.asked and (answer := self._answer(turn, understanding)):
            return answer
        if correction := self._correction(turn, understanding):
            return correction
        return self._intent(turn, understanding)

    def _answer(self, turn: "_Turn", understanding: Understanding) -> list[c.Command] | None:
        """The text as a reply to the question that waits; None when it is something else."""
        asked = str(turn.asked)
        filled = self._entity_slots(turn, understanding.entities)
        by_name = {command.name for command in filled}
        relevant = asked in by_name or (asked == "opening" and by_name & {"wanted_date", "wanted_time"})
        if relevant and not (texts.is_question(turn.text) and understanding.intent.name in self.knowledge):
            return [*filled]
        if asked == "commune" and not texts.is_question(turn.text):
            return self._commune_answer(turn, understanding)
        value = self._closed_answer(asked, turn.text)
        if value is None:
            value = turn.from_intent(asked, understanding.intent, ACCEPT)
        if value is not None:
            return [c.SetSlot(asked, value)]
        for slot, spec in self.engine.domain.slots.items():
            if any(mapping.requested_slot == asked for mapping in spec.mappings):
                value = turn.from_intent(slot, understanding.intent, ACCEPT)
                if value is not None:
                    return [c.SetSlot(slot, value)]
        if understanding.intent.name == "deny" and understanding.intent.confidence >= ACCEPT:
            return [c.SkipQuestion()]
        return self._free_answer(turn, understanding, filled)

    def _commune_answer(self, turn: "_Turn", understanding: Understanding) -> list[c.Command] | None:
        matches = self.gazetteer.search(turn.text)
        if matches and ambiguous(matches):
            return [c.SetSlot("commune_candidates", [match.commune.insee_code for match in matches])]
        if matches:
            return [c.SetSlot("commune", _commune(matches[0].commune))]
        if understanding.intent.confidence >= SURE and understanding.intent.name != "out_of_scope":
            return None
        return [c.CannotHandle("unknown_commune")]

    def _closed_answer(self, slot: str, text: str) -> Any:
        """The value of a closed question that a short reply means."""
        folded = texts.fold(text)
        if slot == "age_band":
            return texts.age_band(text)
        question = self.engine.domain.responses.get(f"utter_ask_{slot}")
        for button in question.variations[0].buttons if question else ():
            title, parsed = texts.fold(button.title), payloads.parse(button.payload)
            if parsed and slot in parsed.slots and fuzz.ratio(folded, title) >= TITLE_LIKENESS:
                return parsed.slots[slot]
        for value, words in self.words.get(slot, {}).items():
            if any(f" {word} " in f" {folded} " for word in words):
                return value
        return None

    def _free_answer(
        self, turn: "_Turn", understanding: Understanding, filled: list[c.SetSlot]
    ) -> list[c.Command] | None:
        asked, intent = str(turn.asked), understanding.intent
        spec = self.engine.domain.slots.get(asked)
        if spec is None or not any(m.type == "from_text" and m.intent is None for m in spec.mappings):
            return None
        if intent.name in FREE_TEXT_GIVES_WAY_TO and intent.confidence >= ACCEPT:
            return None
        if texts.is_question(turn.text) and intent.confidence >= ACCEPT:
            return None
        value = texts.name_in_answer(turn.text) if asked == "name" else turn.text.strip()
        others = [command for command in filled if command.name != asked]
        return [c.SetSlot(asked, value), *others] if value else None

    def _correction(self, turn: "_Turn", understanding: Understanding) -> list[c.Command] | None:
        """An earlier answer taken back: "non, c'est Lens", "en fait je suis salarié"."""
        if not texts.is_correction(turn.text):
            return None
        slots = turn.state.slots
        changed: list[c.Command] = [
            c.CorrectSlot(command.name, command.value)
            for command in self._entity_slots(turn, understanding.entities)
            if slots.get(command.name) not in (None, command.value)
        ]
        for slot in self.words:
            value = self._closed_answer(slot, turn.text) if slots.get(slot) else None
            if value is not None and value != slots[slot]:
                changed.append(c.CorrectSlot(slot, value))
        name = texts.name_introduced(turn.text) if slots.get("name") else None
        if name and name != slots["name"]:
            changed.append(c.CorrectSlot("name", name))
        return changed or None

    # Meanings

    def _intent(self, turn: "_Turn", understanding: Understanding) -> list[c.Command]:
        intent = understanding.intent
        if intent.confidence >= ACCEPT:
            meant = self._meant(turn, intent.name)
            flow = next((command.flow for command in meant if isinstance(command, c.StartFlow)), None)
            return [*self._details(turn, understanding, flow), *meant] if flow else meant
        if turn.asked is None and (place := self._bare_place(turn, understanding)):
            return place
        choices = self._likely(understanding.ranking)
        if len(choices) >= 2 or (choices and understanding.ranking[0].confidence >= DOUBT):
            return [c.Clarify(tuple(choices[:3]))]
        return [c.CannotHandle()]

    def _meant(self, turn: "_Turn", intent: str) -> list[c.Command]:
        if intent in self.knowledge:
            return [c.KnowledgeAnswer(intent)]
        if intent == "affirm" and turn.asked is None and (first := turn.offered()):
            return self._tapped(turn, first)
        if intent in self.triggers:
            return [c.StartFlow(self.triggers[intent])]
        if intent in CONTROLS:
            return [CONTROLS[intent]]
        if intent in REPLIES:
            return [c.ChitChat(REPLIES[intent])]
        return [c.CannotHandle()]

    def _details(self, turn: "_Turn", understanding: Understanding, flow: str) -> list[c.Command]:
        """What else the message that starts a flow tells."""
        details: list[c.Command] = [*self._entity_slots(turn, understanding.entities, flow)]
        name = texts.name_introduced(turn.text)
        if name:
            details.append(c.SetSlot("name", name))
        given = {command.name for command in details if isinstance(command, c.SetSlot)}
        for slot, spec in self.engine.domain.slots.items():
            mapped = any(m.type == "from_text" and m.intent == understanding.intent.name for m in spec.mappings)
            if mapped and (slot == "place_query" or "sector" in given):  # "j'ai un projet" tells no idea yet
                details.append(c.SetSlot(slot, turn.text.strip()))
        return details

    def _bare_place(self, turn: "_Turn", understanding: Understanding) -> list[c.Command] | None:
        """A town or postcode alone means: what is near it?"""
        towns = [command for command in self._entity_slots(turn, understanding.entities) if "commune" in command.name]
        if towns and len(turn.text.split()) <= 4:
            return [*towns, c.StartFlow("find_place")]
        return None

    def _likely(self, ranking: Iterable[Intent]) -> list[Choice]:
        choices = []
        for intent in ranking:
            if intent.confidence < DOUBT / 2:
                break
            if intent.name in self.knowledge:
                choices.append(Choice(self.knowledge.title(intent.name), f"/{intent.name}"))
            elif flow := self.engine.flows.get(self.triggers.get(intent.name, "")):
                choices.append(Choice(flow.name[:1].upper() + flow.name[1:], f"/{intent.name}"))
        return choices

    # Entities

    def _entity_slots(self, turn: "_Turn", entities: Iterable[Entity], starting: str | None = None) -> list[c.SetSlot]:
        """What the entities of a text give to the slots mapped from them; the first of a kind counts."""
        found: dict[str, c.SetSlot] = {}
        for entity in entities:
            for slot, spec in self.engine.domain.slots.items():
                if slot not in found and any(turn.maps(mapping, entity, starting) for mapping in spec.mappings):
                    command = self._entity_slot(slot, entity, turn.today)
                    if command:
                        found[slot] = command
            if entity.entity == "postcode" and "commune" not in found and (town := self._town_of(str(entity.value))):
                found["commune"] = town
        return list(found.values())

    def _entity_slot(self, slot: str, entity: Entity, today: date) -> c.SetSlot | None:
        value = entity.value
        resolve = _RESOLVERS.get(entity.entity)
        if resolve is not None:
            resolved = resolve(value, today)
            return c.SetSlot(slot, resolved) if resolved else None
        if entity.entity == "commune" and isinstance(value, Mapping):
            if value.get("candidates"):
                return c.SetSlot("commune_candidates", list(value["candidates"]))
            commune = self.gazetteer.by_insee(str(value.get("insee_code")))
            return c.SetSlot(slot, _commune(commune)) if commune else None
        return c.SetSlot(slot, value)

    def _town_of(self, postcode: str) -> c.SetSlot | None:
        communes = self.gazetteer.by_postcode(postcode)
        if len(communes) > 1 and communes[0].population < 3 * communes[1].population:
            return c.SetSlot("commune_candidates", [commune.insee_code for commune in communes[:4]])
        return c.SetSlot("commune", _commune(communes[0])) if communes else None


class _Turn:
    """A reading and the state it is read in."""

    def __init__(self, reading: Reading, state: DialogueState, engine: Engine) -> None:
        self.inbound = reading.inbound
        self.text = reading.inbound.text
        self.understanding = reading.understanding
        self.today = reading.today
        self.state = state
        self.asked = state.asked
        self.engine = engine

    def maps(self, mapping: SlotMapping, entity: Entity, starting: str | None) -> bool:
        """True when this entity fills a slot by this mapping, here and now."""
        active = {frame.flow for frame in self.state.stack} | ({starting} if starting else set())
        return (
            mapping.type == "from_entity"
            and mapping.entity == entity.entity
            and mapping.requested_slot in (None, self.asked)
            and (not mapping.active_flows or bool(mapping.active_flows & active))
        )

    def from_intent(self, slot: str, intent: Intent, least: float) -> Any:
        """The value an intent gives to a slot; None when it gives none."""
        if intent.confidence < least:
            return None
        spec = self.engine.domain.slots.get(slot)
        for mapping in spec.mappings if spec else ():
            if mapping.type == "from_intent" and mapping.intent == intent.name:
                return mapping.value
        return None

    def offered(self) -> payloads.Payload | None:
        """The first choice of the last menu, when the last thing said was a question ("Voulez-vous …?")."""
        last = self.state.last_uttered[-1] if self.state.last_uttered else None
        if not last or not self.state.menu or not str(last["texts"].get("", "")).rstrip().endswith("?"):
            return None
        return payloads.parse(self.state.menu[0].payload)


def _commune(commune: Commune) -> dict[str, str]:
    return {"insee_code": commune.insee_code, "name": commune.name}


def _by_word(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {texts.fold(str(word)): payload for payload, words in table.items() for word in words}


def _date(value: Any, today: date) -> dict[str, str] | None:
    resolved = resolve_date(value, today)
    return {"from": resolved[0].isoformat(), "to": resolved[1].isoformat()} if resolved else None


def _time(value: Any, _today: date) -> dict[str, str | None] | None:
    resolved = resolve_time(value)
    if not resolved:
        return None
    start, end = resolved
    return {"from": start.strftime("%H:%M") if start else None, "to": end.strftime("%H:%M") if end else None}


_RESOLVERS: Mapping[str, Callable[[Any, date], Any]] = {"date": _date, "time": _time}
