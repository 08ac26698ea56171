"""From what a person did to the commands of the flow engine: the only place where `nlu` and `flows` meet."""

from collections.abc import Callable, Iterable, Mapping, Set

from bot.channels.base import InboundMessage
from bot.runtime import payloads, texts
from bot.runtime.choices import Pointing
from bot.runtime.codes import Codes
from bot.runtime.entity_slots import EntitySlots, town
from bot.runtime.languages import language_known, spoken
from bot.runtime.listening import LISTEN, message_named
from bot.runtime.reading import Reading, Turn
from bot.runtime.replies import ACCEPT, Replies
from bot.runtime.taps import Taps
from directory.geography import Gazetteer
from flows.engine import commands as c
from flows.engine.engine import MAX_CHOICES, Engine
from flows.engine.events import Choice
from flows.engine.language import LANGUAGE_SLOT
from flows.engine.state import DialogueState
from flows.knowledge_base import Knowledge
from nlu.normalise import MAX_CHARACTERS
from nlu.understanding import Intent, Part, Understanding

DOUBT = 0.2  # above, a meaning is offered among at most three
FAINT = 0.1  # below, a meaning is not even offered
CERTAIN = 1 - 1e-6  # what a refusal and the meaning it refused add up to: one is the doubt about the other
WORDY = 3  # words from which a reply may be about something else

OUT_OF_SCOPE = "out_of_scope"
TELLS_A_PROJECT = "start_qualification"

REPLIES: Mapping[str, str] = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thanks": "utter_thanks",
    "affirm": "utter_ok",
    "deny": "utter_no_problem",
    "come_along": "utter_come_along",
    "insult": "utter_insult",
    "yes_or_no": "utter_depends",  # a word: somebody presses for a yes
    "distress": "utter_distress",
    "coming": "utter_coming",  # a reminder's button
}
CONTROLS: Mapping[str, c.Command] = {
    "restart": c.Restart(),
    "repeat": c.RepeatBotMessages(),
    "skip": c.SkipQuestion(),
    "cancel_flow": c.CancelFlow(),
    LISTEN: c.RunPattern("pattern_listen"),
    OUT_OF_SCOPE: c.CannotHandle("out_of_scope"),  # said three times, it needs a human as well
}
ALONE: Mapping[Set[str], str | None] = {
    frozenset({"commune", "postcode"}): "find_place",
    frozenset({"date", "time"}): "book_appointment",
    frozenset({"phone"}): None,
}
"""What a message that holds nothing but such entities asks for; None: to be kept."""
TELLS: Mapping[str, Callable[[Set[str]], bool]] = {
    "idea": lambda given: "sector" in given,  # "j'ai un projet" tells no idea yet
    "place_query": lambda given: not given & {"commune", "commune_candidates", "wanted_kind"},
}
"""When the message that starts a flow is itself a slot's value, given the other slots it fills."""

INTRODUCED = (c.ChitChat("utter_greet"), c.StartFlow("who_are_you"))
"""What the introduction has just said: the menu follows instead."""

CHANGES_LANGUAGE, RECOGNISED = "change_language", "utter_language_recognised"

UNDER_WAY: Mapping[str, str] = {"talk_to_human": "utter_still_handed_off"}
"""What is said to whoever asks again for a flow that waits for an answer of theirs."""

RIGHTS = frozenset({"stop_messages", "delete_my_data", "forget_phone", "show_my_data"})
"""Flows that run whoever speaks, and that nothing is said before."""


class Interpreter:
    """Reads messages in the light of what was asked. Stateless and shared."""

    def __init__(self, engine: Engine, knowledge: Knowledge, gazetteer: Gazetteer) -> None:
        self.engine = engine
        self.flows = dict(engine.flows)
        self.knowledge = knowledge
        self.gazetteer = gazetteer
        self.triggers = {intent: flow.id for flow in engine.flows.values() for intent in flow.intents}
        self.entity_slots = EntitySlots(gazetteer)
        self.taps = Taps(engine.domain, knowledge, gazetteer)
        self.replies = Replies(gazetteer, self.entity_slots, knowledge.topics.keys(), self.triggers.keys())
        keywords = texts.load_words("keywords.yml")
        self.pointing = Pointing(keywords["pointing"])
        self.codes = Codes(keywords["codes"])
        self.anytime = _by_word(keywords["anytime"])
        self.several: Mapping[str, Iterable[str]] = keywords["several"]
        self.while_asked = {slot: _by_word(words) for slot, words in keywords["while_asked"].items()}

    def needs_understanding(self, inbound: InboundMessage) -> bool:
        """True when there is text to read."""
        return inbound.payload is None and bool(inbound.text.strip())

    def read(self, reading: Reading, state: DialogueState) -> list[c.Command]:
        """The commands of a turn; never empty."""
        turn = Turn(reading, state, self.engine.domain, self.flows)
        found = self.codes.note(turn, self.codes.read(turn) or self._read(turn))
        language = spoken(turn)
        if language is not None and c.StartFlow(CHANGES_LANGUAGE) in found:
            if any(isinstance(command, c.SetSlot) and command.name == "language_choice" for command in found):
                language = None  # the one they name is meant, not the one they write in
            else:
                found = [
                    c.StartFlow("help") if command == c.StartFlow(CHANGES_LANGUAGE) else command for command in found
                ]
        if reading.first_time and not claims_right(found):
            found = [
                c.SessionStart(),
                *(c.StartFlow("help") if command in INTRODUCED else command for command in found),
            ]
        return found if language is None else [c.SetSlot(LANGUAGE_SLOT, language), c.ChitChat(RECOGNISED), *found]

    def _read(self, turn: Turn) -> list[c.Command]:
        inbound = turn.inbound
        if inbound.location is not None:
            return self._located(turn, inbound.location)
        if inbound.contact is not None:
            return self._shared_contact(turn, inbound.contact)
        payload = inbound.payload or self._shortcut(turn)
        if payload is not None and (parsed := payloads.parse(payload)) is not None:
            return self._tapped(turn, parsed)
        if not texts.fold(inbound.text):
            unread = "voice" if inbound.media == "voice" else "media"
            return [c.CannotHandle(unread if inbound.kind == "media" else "empty")]
        read = self._said(turn)
        return [c.ChitChat("utter_long_text"), *read] if len(turn.text) > MAX_CHARACTERS else read

    # Taps, words that act, shared contacts and places

    def _shortcut(self, turn: Turn) -> str | None:
        """The payload behind a choice of the menu, or behind a keyword."""
        folded = texts.fold(turn.text) or turn.text.strip()[:1]
        pointed = self.pointing.choose(turn.text, turn.state.menu, turn.asked)
        asked = (self.while_asked.get(turn.asked, {}), self.while_asked["any"]) if turn.asked else ()
        return next((words[folded] for words in ({folded: pointed}, *asked, self.anytime) if words.get(folded)), None)

    def _tapped(self, turn: Turn, payload: payloads.Payload) -> list[c.Command]:
        if payload.intent == LISTEN and (named := message_named(payload)):
            return [c.RunPattern("pattern_listen", {"of": named})]
        slots: list[c.Command] = [*self.taps.read(payload.slots, turn.state.menu)]
        return [*slots, *self._meant(turn, payload.intent)] if payload.intent else slots or [c.CannotHandle()]

    def _located(self, turn: Turn, location: Mapping[str, float]) -> list[c.Command]:
        point = {"lat": float(location["lat"]), "lon": float(location["lon"])}
        commune = self.gazetteer.nearest(point["lat"], point["lon"])
        slots: list[c.Command] = [c.SetSlot("location", point), c.SetSlot("commune", town(commune))]
        return slots if turn.state.active_flow else [*slots, c.StartFlow("find_place")]

    def _shared_contact(self, turn: Turn, contact: Mapping[str, str]) -> list[c.Command]:
        given: list[c.Command] = [c.SetSlot(slot, contact[slot]) for slot in ("phone", "name") if contact.get(slot)]
        if not given:
            return [c.CannotHandle("empty")]
        if turn.asked in contact or turn.asked == "reach":
            return given
        return [*given, c.ChitChat("utter_noted" if turn.asked else "utter_number_kept")]

    # Words

    def _said(self, turn: Turn) -> list[c.Command]:
        understanding = turn.understanding
        if understanding is None:
            return [c.CannotHandle()]
        return (
            self.replies.correction(turn, understanding)
            or (self._replied(turn, understanding) if turn.asked else None)
            or self._off_the_menu(turn)
            or self._has_several_meanings(turn)
            or self._has_several_wishes(turn, understanding)
            or self._intent(turn, understanding)
        )

    def _replied(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """The reply to the question that waits, after the answer to what the same message asks beside it."""
        replied = self.replies.answer(turn, understanding)
        if not replied or not any(isinstance(command, c.SetSlot) for command in replied):
            return replied
        asked = [part for part in understanding.parts if texts.is_question(turn.text[part.start : part.end])]
        return [*self._answers(turn, asked)[:MAX_CHOICES], *replied]

    def _answers(self, turn: Turn, parts: Iterable[Part]) -> list[c.Command]:
        """The answers to these parts of a message, each once."""
        sure = [part for part in parts if part.intent.confidence >= ACCEPT]
        topics = [self.knowledge.narrow(part.intent.name, turn.text[part.start : part.end]) for part in sure]
        return [c.KnowledgeAnswer(topic) for topic in dict.fromkeys(topics) if topic in self.knowledge]

    def _off_the_menu(self, turn: Turn) -> list[c.Command] | None:
        """A small number that no choice has."""
        folded = texts.fold(turn.text)
        return [c.CannotHandle("off_the_menu")] if folded.isdecimal() and len(folded) <= 2 else None

    def _has_several_meanings(self, turn: Turn) -> list[c.Command] | None:
        """A word that may be about quite different things, with nothing beside it to choose between them."""
        meanings = [Intent(name, 1.0) for name in self.several.get(texts.fold(turn.text), ())]
        return [c.Clarify(tuple(self._likely(turn, meanings)))] if meanings else None

    def _has_several_wishes(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """Several questions are answered one after the other; what else is wanted begins below the answers."""
        answers = self._answers(turn, understanding.parts)
        sure = [part for part in understanding.parts if part.intent.confidence >= ACCEPT]
        wanted = [flow for part in sure if (flow := self.triggers.get(part.intent.name))]
        if not answers or len(answers) + len(wanted) < 2 or RIGHTS & set(wanted):
            return None
        details = self._details(turn, understanding, wanted[0]) if wanted else self._told(turn, understanding)
        return [*answers[:MAX_CHOICES], *details, *(self._started(turn, wanted[0]) if wanted else ())]

    def _intent(self, turn: Turn, understanding: Understanding) -> list[c.Command]:
        intent, ranking = understanding.intent, understanding.ranking
        if turn.asked is None and (alone := self._alone(turn, understanding)):
            return alone
        brief = turn.asked is not None and len(turn.text.split()) < WORDY
        if intent.name == OUT_OF_SCOPE and brief:
            return [c.CannotHandle()]  # a word or two in reply to a question: not another subject
        if (named := self.knowledge.narrow(intent.name, turn.text)) != intent.name:
            return [*self._told(turn, understanding), c.KnowledgeAnswer(named)]
        if project := self._names_a_trade(turn, understanding):
            return project
        if intent.name == OUT_OF_SCOPE and len(ranking) > 1 and ranking[1].confidence >= DOUBT:
            intent, ranking = ranking[1], ranking[1:]  # refused for want of certainty: worth a question
        if intent.confidence >= ACCEPT:
            meant = self._meant(turn, intent.name)
            flow = next((command.flow for command in meant if isinstance(command, c.StartFlow)), None)
            return [*(self._details(turn, understanding, flow) if flow else self._told(turn, understanding)), *meant]
        choices = self._likely(turn, ranking)
        if len(choices) >= 2 or (choices and intent.confidence >= DOUBT and not brief):
            return [*self._told(turn, understanding), c.Clarify(tuple(choices[:MAX_CHOICES]))]
        return [*self._told(turn, understanding), c.CannotHandle()]

    def _names_a_trade(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """A story with a trade in it, refused for want of certainty or told with its town: a project, most likely."""
        refused = understanding.ranking[1:]
        certain = not refused or understanding.intent.confidence + refused[0].confidence < CERTAIN
        named = {entity.entity for entity in understanding.entities}
        if understanding.intent.name != OUT_OF_SCOPE or "sector" not in named or (certain and "commune" not in named):
            return None
        most_likely = [TELLS_A_PROJECT, *(["find_place"] if "commune" in named else [])]
        others = (intent for intent in refused if intent.name not in most_likely)
        choices = self._likely(turn, [*(Intent(name, 1.0) for name in most_likely), *others])
        return [*self._told(turn, understanding), c.Clarify(tuple(choices[:MAX_CHOICES]))]

    def _meant(self, turn: Turn, intent: str) -> list[c.Command]:
        if intent in self.knowledge:
            return [c.KnowledgeAnswer(intent)]
        if intent == "affirm" and (meant := turn.agreed()):
            return self._tapped(turn, meant)
        if intent == "affirm" and (turn.asked or len(turn.offered()) > 1):
            which = c.CannotHandle("which_choice" if turn.offered() else "not_understood")
            return [which if turn.asked else c.RepeatBotMessages()]
        offered = any(choice.payload == f"/{intent}" for choice in turn.state.menu)  # as below a reminder
        if intent == "cancel_appointment" and not offered and self._gives_up(turn):
            return [c.CancelFlow()]
        if flow := self.triggers.get(intent):
            return self._started(turn, flow)
        if intent in CONTROLS:
            return [CONTROLS[intent]]
        if intent in REPLIES:
            return [c.ChitChat(REPLIES[intent])]
        return [c.CannotHandle()]

    def _gives_up(self, turn: Turn) -> bool:
        """Whether "annuler" means what is going on: a booking that is not made yet, or questions about a project."""
        if turn.state.active_flow == "qualify_project":  # a button means its appointment, however old it is
            return turn.inbound.payload is None and not texts.names_an_appointment(turn.text)
        return turn.state.active_flow == "book_appointment"

    def _started(self, turn: Turn, flow: str) -> list[c.Command]:
        """The flow; whoever asks for it again while it waits hears that it is under way."""
        again = flow in UNDER_WAY and any(frame.flow == flow for frame in turn.state.stack)
        return [*([c.ChitChat(UNDER_WAY[flow])] if again else []), c.StartFlow(flow)]

    def _details(self, turn: Turn, understanding: Understanding, flow: str) -> list[c.Command]:
        """What else the message that starts a flow tells."""
        places = self._places(turn, understanding, flow)
        if texts.is_unspoken(turn.text):  # "je parle pas français" names a language, but not theirs
            places = [command for command in places if command.name != "language_choice"]
        details: list[c.Command] = [*places, *self._who(turn)]
        if flow == "find_place" and (kind := self.replies.closed_value(turn, "wanted_kind", turn.text)):
            details.append(c.SetSlot("wanted_kind", kind))
        given = {command.name for command in details if isinstance(command, c.SetSlot)}
        for slot, spec in turn.domain.slots.items():
            mapped = any(m.type == "from_text" and m.intent == understanding.intent.name for m in spec.mappings)
            if mapped and TELLS[slot](given):
                details.append(c.SetSlot(slot, turn.text.strip()))
        return details

    def _places(self, turn: Turn, understanding: Understanding, flow: str | None = None) -> list[c.SetSlot]:
        """The slots entities fill; a town that has namesakes puts the one known so far in doubt."""
        given = self.entity_slots.read(turn, understanding.entities, flow)
        doubtful = any(command.name == "commune_candidates" for command in given)
        return [c.SetSlot("commune", None), *given] if doubtful else given

    def _told(self, turn: Turn, understanding: Understanding) -> list[c.Command]:
        """Who and where the person is, said in passing: not to be asked again."""
        told: list[c.Command] = []
        if texts.tells_home(turn.text) and turn.asked != "commune":
            told += [command for command in self._places(turn, understanding) if command.name.startswith("commune")]
        return [*told, *self._who(turn)]

    def _who(self, turn: Turn) -> list[c.Command]:
        told = {"name": texts.name_introduced(turn.text), "age_band": texts.age_told(turn.text)}
        return [c.SetSlot(slot, value) for slot, value in told.items() if value and slot in turn.domain.slots]

    def _alone(self, turn: Turn, understanding: Understanding) -> list[c.Command] | None:
        """A town means "what is near it?", a day or an hour "a booking then?", when nothing else is said."""
        leaves = understanding.intent.name == "goodbye" and understanding.intent.confidence >= ACCEPT
        for kinds, flow in ALONE.items():
            named = [entity for entity in understanding.entities if entity.entity in kinds]
            beside = texts.around(turn.text, named)
            if leaves and beside:
                continue  # "à demain"
            if named and set(beside) <= self.replies.beside:
                then = c.StartFlow(flow) if flow else c.ChitChat("utter_number_kept")
                return [*self._places(turn, understanding, flow), then]
        return None

    def _likely(self, turn: Turn, ranking: Iterable[Intent]) -> list[Choice]:
        choices, language = [], spoken(turn) or language_known(turn)
        for intent in ranking:
            if intent.confidence < FAINT:
                break
            if intent.name in self.knowledge:
                choices.append(Choice(self.knowledge.title(intent.name, language), f"/{intent.name}"))
            elif flow := self.flows.get(self.triggers.get(intent.name, "")):
                called = self.engine.domain.named(flow.name, language)
                choices.append(Choice(called[:1].upper() + called[1:], f"/{intent.name}"))
        return choices


def claims_right(commands: Iterable[c.Command]) -> bool:
    """True when the person wants to leave, to be forgotten, or to know what is kept."""
    return any(isinstance(command, c.StartFlow) and command.flow in RIGHTS for command in commands)


def _by_word(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {texts.fold(str(word)) or str(word): payload for payload, words in table.items() for word in words}
