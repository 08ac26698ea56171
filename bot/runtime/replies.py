"""A text as a reply to the question that waits, or as a correction of an earlier reply."""

from collections.abc import Mapping, Set
from typing import Any

from rapidfuzz import fuzz

from bot.runtime import payloads, texts
from bot.runtime.choices import answering
from bot.runtime.entity_slots import WISHES, EntitySlots, town
from bot.runtime.reading import Turn
from directory.geography import Gazetteer, ambiguous
from flows.engine import commands as c
from nlu.understanding import Understanding

ACCEPT = 0.5  # above, a meaning is acted upon
SURE = 0.8  # above, a meaning may interrupt a question that takes any text
TITLE_LIKENESS = 88  # of 100, between a reply and a button's words
SHORT = 4  # words: a reply, not a story
MAX_NAMES = 2  # words: a first name, a first and a last one
NAMED, GUESSED = 100, 3000  # a town is called by its very name, or has that many people

INTERRUPTS = frozenset(
    {"skip", "cancel_flow", "repeat", "restart", "distress", "insult", "deny", "stop_messages", "delete_my_data",
     "forget_phone", "show_my_data", "talk_to_human", "help", "complaint"}
)  # fmt: skip
"""Meanings that any question gives way to as soon as they are likely."""
PLEASANTRIES = frozenset({"affirm", "greet", "goodbye", "thanks"})
"""Meanings of a word that is nobody's name, and no town."""
ASKS_FOR_OPENING = "opening"
LOOKS_FOR_A_TOWN = "find_place"
"""What naming a town that is unknown looks like as well."""


class Replies:
    """Reads replies. `known` holds every meaning that leads somewhere: topics and intents that start a flow."""

    def __init__(self, gazetteer: Gazetteer, entity_slots: EntitySlots, topics: Set[str], triggers: Set[str]) -> None:
        self.gazetteer = gazetteer
        self.entity_slots = entity_slots
        self.topics = topics
        self.triggers = triggers
        self.words: Mapping[str, Mapping[str, list[str]]] = texts.load_words("words.yml")
        keywords = texts.load_words("keywords.yml")
        self.beside: Set[str] = frozenset(keywords["beside"])
        self.department: Set[str] = self.beside | frozenset(keywords["department"])
        self.no_names: Set[str] = frozenset(keywords["no_names"])

    def answer(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """The commands of a reply; None when the text is something else."""
        asked, asking = str(turn.asked), texts.is_question(turn.text)
        filled = self.entity_slots.read(turn, understanding.entities)
        names = {command.name for command in filled}
        relevant = asked in names or (asked == "commune" and "commune_candidates" in names)
        relevant = relevant or (asked == ASKS_FOR_OPENING and bool(names & WISHES))
        wonders = asking and understanding.intent.name in self.topics
        if relevant and not wonders:
            return [*filled]
        if not asking and (told := self._told_instead(turn, understanding, filled)):
            return _noted(turn, told)
        if asked == "name" and self._is_name(turn.text):
            return [c.SetSlot(asked, texts.name_in_answer(turn.text) or texts.name_introduced(turn.text))]
        if asked == "commune" and not asking:
            return self._town(turn, understanding)
        if asked == "phone" and any(char.isdigit() for char in turn.text) and not asking:
            return [c.CannotHandle("invalid_value")]
        return (
            (None if wonders else self._closed(turn, asked, understanding))
            or (None if asking else self._elsewhere(turn, filled))
            or self._open(turn, understanding, filled)
        )

    def correction(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """Earlier answers taken back: "non, c'est Lens", "en fait je suis salarié"."""
        if not texts.is_correction(turn.text):
            return None
        if elsewhere := self._in_department(turn):
            return elsewhere
        slots = turn.state.slots
        filled = self.entity_slots.read(turn, understanding.entities)
        given = {command.name: command.value for command in filled}
        if slots.get(ASKS_FOR_OPENING) and WISHES & set(given):  # "en fait plutôt jeudi": chosen anew
            return [*filled, c.CorrectSlot(ASKS_FOR_OPENING, None)]
        meant = texts.after_correction(turn.text)
        for slot in (*self.words, "age_band"):
            value = self.closed_value(turn, slot, meant)
            if value is not None:
                given[slot] = value
        if name := texts.name_introduced(turn.text) or (None if given else texts.name_insisted(meant)):
            given["name"] = name
        changed = {slot: value for slot, value in given.items() if slots.get(slot) not in (None, value)}
        if "commune_candidates" in given and slots.get("commune"):
            return [c.SetSlot("commune", None), c.SetSlot("commune_candidates", given["commune_candidates"])]
        waiting = set(turn.questions())  # what was passed over may be told now
        told = [c.SetSlot(slot, value) for slot, value in given.items() if slots.get(slot) is None and slot in waiting]
        same = turn.asked is None and any(slots.get(slot) == value for slot, value in given.items())
        corrections: list[c.Command] = [c.CorrectSlot(slot, value) for slot, value in changed.items()]
        return [*corrections, *told] or ([c.ChitChat("utter_noted")] if same else None)

    def _in_department(self, turn: Turn) -> list[c.Command] | None:
        """A département and nothing else ("non, le 974"): where the town lies, among its namesakes."""
        said = texts.fold(texts.after_correction(turn.text)).upper().split()
        codes = [word for word in said if word.lower() not in self.department]
        if len(codes) != 1 or codes[0] not in self.gazetteer.departments():
            return None
        code, known = codes[0], turn.state.slots.get("commune")
        offered = [payloads.parse(choice.payload) for choice in answering(turn.state.menu, "commune")]
        for namesake in (self.gazetteer.by_insee(str(each.slots["commune"])) for each in offered if each):
            if namesake and namesake.department == code:
                return [c.SetSlot("commune", town(namesake))]
        if not known:
            return None
        found = next(iter(self.gazetteer.search(f"{known['name']} {code}")), None)
        if found and found.commune.department == code:
            return [c.CorrectSlot("commune", town(found.commune))]
        return [c.SetSlot("commune", None), c.StartFlow("find_place")] if "LE" in said and not turn.asked else None

    def _town(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        intent = understanding.intent
        least = ACCEPT if len(turn.text.split()) > 2 else SURE
        if intent.confidence >= least and intent.name in INTERRUPTS:
            return [_refusal(turn)] if intent.name == "deny" else None
        if intent.confidence >= SURE and intent.name in PLEASANTRIES:
            return None
        if elsewhere := self._in_department(turn):
            return elsewhere
        matches = [
            match
            for match in self.gazetteer.search(turn.text)
            if match.score >= NAMED or match.commune.population >= GUESSED
        ]
        if matches and ambiguous(matches):
            return [c.SetSlot("commune_candidates", [match.commune.insee_code for match in matches])]
        if matches:
            return [c.SetSlot("commune", town(matches[0].commune))]
        if intent.confidence >= least and intent.name in self.topics | self.triggers - {LOOKS_FOR_A_TOWN}:
            return None
        return [c.CannotHandle("unknown_commune")]

    def _closed(self, turn: Turn, asked: str, understanding: Understanding) -> list[c.Command] | None:
        value = self.closed_value(turn, asked, turn.text)
        if value is None:
            value = turn.from_intent(asked, understanding.intent, ACCEPT)
        if value is not None:
            return [c.SetSlot(asked, value)]
        for slot, spec in turn.domain.slots.items():
            if any(mapping.requested_slot == asked for mapping in spec.mappings):
                value = turn.from_intent(slot, understanding.intent, ACCEPT)
                if value is not None:
                    return [c.SetSlot(slot, value)]
        refuses = understanding.intent.name == "deny" and understanding.intent.confidence >= ACCEPT
        return [_refusal(turn)] if refuses else None

    def closed_value(self, turn: Turn, slot: str, text: str) -> Any:
        """The value of a closed question that a short reply means."""
        folded = texts.fold(text)
        if slot == "age_band":
            return texts.age_band(text, bare=turn.asked == slot)
        question = turn.domain.responses.get(f"utter_ask_{slot}")
        for button in question.variations[0].buttons if question else ():
            title, parsed = texts.fold(button.title), payloads.parse(button.payload)
            if parsed and slot in parsed.slots and fuzz.ratio(folded, title) >= TITLE_LIKENESS:
                return parsed.slots[slot]
        for value, words in self.words.get(slot, {}).items():
            if any(texts.says(folded, word) for word in words):
                return value
        return None

    def _told_instead(
        self, turn: Turn, understanding: Understanding, filled: list[c.SetSlot]
    ) -> list[c.SetSlot] | None:
        """A town, a neighbourhood or a phone and nothing else: no answer to this question, but to another one."""
        told = [command for command in filled if turn.welcomes(command.name) and not turn.takes_text(command.name)]
        beside = set(texts.around(turn.text, understanding.entities)) - self.beside
        a_name = turn.asked == "name" and not texts.tells_home(turn.text)  # Paris is one, Lens too
        return None if beside or a_name else told

    def _elsewhere(self, turn: Turn, filled: list[c.SetSlot]) -> list[c.Command] | None:
        """A short reply that answers another question of the flow: it is taken there."""
        if len(turn.text.split()) > SHORT or turn.takes_text(str(turn.asked)):
            return None
        if told := [command for command in filled if command.name in turn.questions()]:
            return _noted(turn, told)
        if name := texts.name_introduced(turn.text):
            return _noted(turn, [c.SetSlot("name", name)])
        for slot in turn.questions():
            value = self.closed_value(turn, slot, turn.text)
            if value is not None:
                return _noted(turn, [c.SetSlot(slot, value)])
        return None

    def _open(self, turn: Turn, understanding: Understanding, filled: list[c.SetSlot]) -> list[c.Command] | None:
        """Any text answers an open question; of one that names what is asked, that."""
        asked, intent = str(turn.asked), understanding.intent
        others = [command for command in filled if command.name != asked]
        if not turn.takes_text(asked) or self._is_something_else(turn, intent.name, intent.confidence):
            return None
        answers_more = any(command.name in turn.questions() for command in others)  # "au rsa, je veux faire du ménage"
        if not answers_more and turn.is_beside(asked, intent, SURE):
            return None
        named = next((command.value for command in filled if command.name == asked), None)
        value = texts.name_in_answer(turn.text) if asked == "name" else named or turn.text.strip()
        return [c.SetSlot(asked, value), *(others if asked != "name" else ())] if value else None

    def _is_something_else(self, turn: Turn, intent: str, confidence: float) -> bool:
        if intent in INTERRUPTS:
            return confidence >= ACCEPT
        if texts.is_question(turn.text):
            return confidence >= ACCEPT
        if intent in self._leads_elsewhere(turn):
            return confidence >= SURE
        if turn.asked != "name":
            return False
        known = intent in self.topics and len(turn.text.split()) > 1
        return (known or intent in PLEASANTRIES) and confidence >= SURE

    def _is_name(self, text: str) -> bool:
        """A word or two that mean nothing else: "Bernard", "Diallo" and "Noa" look like other words to a model."""
        words = texts.fold(texts.name_in_answer(text) or "").split()
        plain = 0 < len(words) <= MAX_NAMES and self.no_names.isdisjoint(words)
        return plain or texts.name_introduced(text) is not None

    def _leads_elsewhere(self, turn: Turn) -> Set[str]:
        """Intents that start a flow other than those under way."""
        own = {
            trigger for flow in turn.state.stack if flow.flow in turn.flows for trigger in turn.flows[flow.flow].intents
        }
        return self.triggers - own


def _noted(turn: Turn, told: list[c.SetSlot]) -> list[c.Command]:
    """What answers another question than the one asked is acknowledged, or the same question looks deaf."""
    corrects = any(turn.state.slots.get(command.name) is not None for command in told)
    return [*told] if corrects else [*told, c.ChitChat("utter_noted")]


def _refusal(turn: Turn) -> c.Command:
    """What "no" does: the question is passed over, or, where nothing goes without an answer, given up with its flow."""
    return c.CancelFlow() if turn.must_answer() else c.SkipQuestion()
