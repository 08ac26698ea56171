"""What all we have written costs by SMS: the words alone, and as they leave with their choices and sources."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from bot.channels.gsm7 import cost, fold
from bot.channels.rendering import MAX_SEGMENTS, render, render_rest
from flows.actions.answer import speak
from flows.checks_words import TYPICAL_VALUE
from flows.engine.actions import ActionContext
from flows.engine.domain import Domain, Response
from flows.engine.events import BotUttered, Choice
from flows.engine.language import FRENCH
from flows.engine.speech import all_placeholders
from flows.knowledge_base import Knowledge

SMS = "sms"
NOT_SAID = "_pattern_"
"""In the name of a response that is no sentence but the pattern of a date."""
RESPONSE, ANSWER = "responses", "answers"


class Priced(NamedTuple):
    """One text. words: segments of what was written; sent: of what leaves, all its messages together."""

    kind: str
    name: str
    language: str
    words: int
    sent: int
    alphabet: str

    @property
    def is_too_long(self) -> bool:
        """Beyond what any text of ours may cost."""
        return max(self.words, self.sent) > MAX_SEGMENTS[self.alphabet]


def priced(domain: Domain, knowledge: Knowledge, now: datetime) -> list[Priced]:
    """Every text that may leave by SMS, the dearest first. A value not known yet counts as twenty letters."""
    texts = [*_responses(domain), *_answers(domain, knowledge, now)]
    return sorted(texts, key=lambda text: (-text.sent, -text.words, text.name, text.language))


def table(texts: Sequence[Priced], price: float | None) -> Iterator[str]:
    """How many texts take how many segments, a line a kind; and the price of saying each once, where it is known."""
    most = max((max(text.words, text.sent) for text in texts), default=1)
    yield (
        f"{'SMS segments':<26}"
        + "".join(f"{n:>6}" for n in range(1, most + 1))
        + "  in one"
        + "  each once" * bool(price)
    )
    for kind in (RESPONSE, ANSWER):
        mine = [text for text in texts if text.kind == kind]
        yield _line(f"{kind}, words alone", [text.words for text in mine], most, price)
        yield _line(f"{kind}, as sent", [text.sent for text in mine], most, price)
    yield _line("all, words alone", [text.words for text in texts], most, price)


def _line(title: str, segments: Sequence[int], most: int, price: float | None) -> str:
    counts = "".join(f"{segments.count(n):>6}" for n in range(1, most + 1))
    share = f"{segments.count(1) / max(len(segments), 1):>7.0%}"
    return f"{title:<26}{counts} {share}" + (f"  {sum(segments) * price:>7.2f} €" if price else "")


def _responses(domain: Domain) -> Iterator[Priced]:
    for response in domain.responses.values():
        own = any(variation.channel == SMS for variation in response.variations)
        for variation in response.variations:
            if NOT_SAID in response.name or variation.channel != (SMS if own else ""):
                continue
            for language in (FRENCH, *variation.translation):
                text = _filled(variation.say(language))
                yield _price(RESPONSE, response.name, language, text, text, _choices(response, language))


def _answers(domain: Domain, knowledge: Knowledge, now: datetime) -> Iterator[Priced]:
    on = now.astimezone(UTC).date()
    context = ActionContext({}, {}, (), now, None, domain)
    for topic in knowledge.topics:
        said = speak(context, topic, knowledge, on)
        yield _price(ANSWER, topic, FRENCH, knowledge.answer(topic, on).sms, said.texts[SMS], said.choices)


def _filled(text: str) -> str:
    for placeholder in all_placeholders(text):
        text = text.replace(placeholder, TYPICAL_VALUE)
    return text


def _choices(response: Response, language: str) -> tuple[Choice, ...]:
    main = next((each for each in response.variations if not each.channel), response.variations[0])
    return tuple(button.choice(language) for button in main.buttons)


def _price(kind: str, name: str, language: str, words: str, text: str, choices: Iterable[Choice]) -> Priced:
    part = render(BotUttered(name, {"": text}, tuple(choices)), SMS, language)
    costs = [cost(part.text)]
    while part.rest:
        part = render_rest(part.rest, SMS, language)
        costs.append(cost(part.text))
    sent = sum(each.segments for each in costs)
    return Priced(kind, name, language, cost(fold(words)).segments, sent, costs[0].alphabet)
