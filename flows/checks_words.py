"""Checks of texts: each is said, fits every channel, and its buttons lead somewhere."""

from collections.abc import Iterator

from flows.checks_base import Authored, Check, near
from flows.checks_steps import refused, responses_of_flows
from flows.engine.domain import Response, Variation
from flows.engine.errors import Problem
from flows.engine.language import FRENCH
from flows.engine.speech import all_placeholders, placeholders
from flows.translations import DEARER, begun, fingerprint_of, spoken, untitled

SMS = "sms"
MAX_DEFAULT_SEGMENTS = 2
MAX_SMS_SEGMENTS = 3
TYPICAL_VALUE = "x" * 20
"""Stands for what a placeholder becomes, when a text's cost is measured."""


def _variations(content: Authored) -> Iterator[tuple[Response, Variation]]:
    for response in content.domain.responses.values():
        for variation in response.variations:
            yield response, variation


def unsaid_responses(content: Authored) -> Iterator[Problem]:
    """No text is kept that nobody says."""
    said = {name for _, _, name in responses_of_flows(content)}
    for response in content.domain.responses.values():
        if response.name not in said and not content.code.mentions(response.name):
            what = f"nothing says {response.name}"
            yield Problem(response.file, response.line, what, "remove it, or say it in a flow or an action")


def missing_defaults(content: Authored) -> Iterator[Problem]:
    """Each response has words for every channel and whatever the slots hold."""
    for response in content.domain.responses.values():
        if not any(not variation.channel and not variation.conditions for variation in response.variations):
            what = f"{response.name} has no wording for every channel"
            yield Problem(response.file, response.line, what, "end with a variation without channel: and condition:")


def unknown_placeholders(content: Authored) -> Iterator[Problem]:
    """What stands in braces is a slot, or a value some action gives."""
    known = set(content.domain.slots) | content.code.arguments
    for response, variation in _variations(content):
        for text in (variation.text, *variation.translation.values()):
            for name in sorted(placeholders(text) - known):
                what = f"{response.name} mentions {{{name}}}, which nothing gives"
                yield Problem(response.file, variation.line, what, "name a slot, or give it as an argument")


def broken_placeholders(content: Authored) -> Iterator[Problem]:
    """Braces hold a name: anything else between them, or one brace alone, would be read by the person as it is."""
    for response, variation in _variations(content):
        buttons = [title for button in variation.buttons for title in (button.title, *button.translation.values())]
        for text in (variation.text, *variation.translation.values(), *buttons):
            left = text
            for placeholder in all_placeholders(text):
                left = left.replace(placeholder, "")
            if "{" in left or "}" in left:
                what = f"{response.name} has a brace that holds no name: «{text.strip()}»"
                yield Problem(response.file, variation.line, what, "write {slot} or {{context.name}}, or no brace")


def differing_translations(content: Authored) -> Iterator[Problem]:
    """A translation carries the values of the French text, no more and no less."""
    for response, variation in _variations(content):
        expected = all_placeholders(variation.text)
        for language, text in variation.translation.items():
            if all_placeholders(text) != expected:
                what = f"{response.name} in {language} has other placeholders than in French"
                cure = f"use {', '.join(sorted(expected)) or 'none'}"
                yield Problem(response.file, variation.line, what, cure)


def missing_translations(content: Authored) -> Iterator[Problem]:
    """Whoever chose a language is spoken to in that language: one whose menu is written has everything."""
    for response in content.domain.responses.values():
        for language in begun(content.domain):
            if not spoken(response, language):
                what = f"{response.name} is not said in {language}"
                cure = f"translate it beside, in a file that ends in .{language}.yml, of: {fingerprint_of(response)}"
                yield Problem(response.file, response.line, what, cure)
            for title in untitled(response, language):
                what = f"“{title}” of {response.name} has no title in {language}"
                yield Problem(response.file, response.line, what, f"write it in titles.{language}.yml")
    for flow in content.flows.values():
        for language in begun(content.domain):
            if not flow.is_pattern and flow.name not in content.domain.names.get(language, {}):
                what = f"“{flow.name}” has no name in {language}"
                yield Problem(flow.file, flow.line, what, f"write it under names: in titles.{language}.yml")


def bad_payloads(content: Authored) -> Iterator[Problem]:
    """A button sends something that is understood."""
    triggers = frozenset(intent for flow in content.flows.values() for intent in flow.intents)
    for response, line, payload in content.payloads():
        read = content.read_payload(payload)
        if read is None or read == (None, {}):
            what = f"a button of {response.name} sends {payload}, which means nothing"
            yield Problem(response.file, line, what, "write /intent, /intent{…} or /SetSlots(slot=value)")
            continue
        intent, slots = read
        if intent and not _understood(content, intent, triggers):
            what = f"a button of {response.name} sends /{intent}, which leads nowhere"
            yield Problem(response.file, line, what, f"use one of {near(triggers | content.intents)} or an answer's id")
        for name, value in slots.items():
            if name not in content.domain.slots:
                what = f"a button of {response.name} fills {name}, which is no slot"
                yield Problem(response.file, line, what, "add the slot to flows/domain or correct its name")
            elif fault := refused(content, name, value):
                yield Problem(response.file, line, f"a button of {response.name}: {fault[0]}", fault[1])


def unknown_meanings(content: Authored) -> Iterator[Problem]:
    """What a slot does not take is something that is understood."""
    triggers = frozenset(intent for flow in content.flows.values() for intent in flow.intents)
    for slot in content.domain.slots.values():
        for intent in sorted(intent for mapping in slot.mappings for intent in mapping.other_than):
            if not _understood(content, intent, triggers):
                what = f"{slot.name} is not to take {intent}, which leads nowhere"
                yield Problem(
                    slot.file, slot.line, what, f"use one of {near(triggers | content.intents)} or an answer's id"
                )


def _understood(content: Authored, intent: str, triggers: frozenset[str]) -> bool:
    answered = "/" in intent if content.knowledge is None else intent in content.knowledge
    return answered or intent in triggers or intent in content.intents


def costly_texts(content: Authored) -> Iterator[Problem]:
    """What leaves by SMS is short: two segments as it stands, three when it has words of its own for SMS."""
    for response, variation in _variations(content):
        own = any(other.channel == SMS for other in response.variations)
        if variation.channel == SMS:
            limit, cure = MAX_SMS_SEGMENTS, "shorten it"
        elif not variation.channel and not own:
            limit, cure = MAX_DEFAULT_SEGMENTS, "shorten it or add a variation with channel: sms"
        else:
            continue
        for language in (FRENCH, *variation.translation):
            cost = content.segments(_as_sms(content, response, variation, language))
            if cost > (allowed := limit * DEARER.get(language, 1)):
                what = f"{response.name} in {language} costs {cost} SMS segments, choices included, {allowed} at most"
                yield Problem(response.file, variation.line, what, cure)


def _as_sms(content: Authored, response: Response, variation: Variation, language: str) -> str:
    text = variation.say(language)
    for placeholder in all_placeholders(text):
        text = text.replace(placeholder, TYPICAL_VALUE)
    choices = content.choices(response, language)
    return "\n".join([text, *(f"{number} {choice.title}" for number, choice in enumerate(choices, start=1))])


def speechless_answers(content: Authored) -> Iterator[Problem]:
    """An answer whose figures all fell silent still says something, and what it offers has its words."""
    for topic in content.knowledge.topics.values() if content.knowledge else ():
        for key, sentences in (("sms", topic.sms), ("full", topic.full)):
            if not any(sentence.otherwise if sentence.facts else sentence.text for sentence in sentences):
                what = f"{topic.id} says nothing under {key} once its figures are out of date"
                yield Problem(topic.file, topic.line, what, "give one of its sentences an otherwise")
        offer = f"utter_offer_{topic.offer.partition(':')[0]}"
        if offer not in content.domain.responses:
            what = f"{topic.id} offers {topic.offer}, which has no words"
            yield Problem(topic.file, topic.line, what, f"use one of {near(content.domain.responses, 'utter_offer_')}")


CHECKS: tuple[Check, ...] = (
    unsaid_responses,
    missing_defaults,
    unknown_placeholders,
    broken_placeholders,
    differing_translations,
    missing_translations,
    bad_payloads,
    unknown_meanings,
    costly_texts,
    speechless_answers,
)
