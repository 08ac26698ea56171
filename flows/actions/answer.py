"""Answers a question from the knowledge base: first what fits on a screen, more on demand, always with its source.

Of several answers in a turn the last one offers what can be done next.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import BotUttered, Choice, Event
from flows.engine.language import LANGUAGE_SLOT, language_in
from flows.events import QuestionAnswered
from flows.knowledge_base import MORE, Answer, Knowledge

FIRST_FOLLOW_UPS = 1
NEXT_FOLLOW_UPS = 2
MAX_SOURCES = 2


def run(context: ActionContext) -> Iterable[Event]:
    """The answer, then what can be done next; an unknown topic is said to be so."""
    tools: Tools = context.tools
    topic = str(context.context.get("topic") or "")
    if topic not in tools.knowledge:
        yield context.utter("utter_no_answer")
        return
    if not topic.endswith(MORE):
        yield QuestionAnswered(topic)
    said = speak(context, topic, tools.knowledge, tools.today(context.now))
    listen = context.utter("utter_listen").choices if tools.listening.offered else ()
    yield replace(said, choices=(*said.choices, *listen))


def speak(context: ActionContext, topic: str, knowledge: Knowledge, on: date) -> BotUttered:
    """What is said of a known topic that day, in the person's language when it has these words, else in French."""
    wanted = language_in(context.slots)
    language = knowledge.language(topic, wanted)
    notice = () if language == wanted else (context.utter("utter_answer_in_french"),)
    voice = replace(context, slots={**context.slots, LANGUAGE_SLOT: language})
    answer = knowledge.answer(topic, on, voice.utter("utter_to_check").texts[""], language)
    if topic.endswith(MORE):
        texts, choices = _join(*notice, *_more(voice, answer)), _after(voice, knowledge, answer)
        return BotUttered("utter_answer_more", texts, choices, language=language, may_stand_alone=True)
    texts, choices = _join(*notice, *_first(voice, answer)), _beside(voice, knowledge, answer)
    return BotUttered("utter_answer", texts, choices, language=language, may_stand_alone=True)


def _first(voice: ActionContext, answer: Answer) -> Iterable[BotUttered]:
    yield BotUttered("utter_answer", {"": "\n".join(answer.full), "sms": answer.sms})
    yield _source(voice, answer)
    if not voice.goes_on:
        yield replace(_offer(voice, answer), texts={"": _offer(voice, answer).texts[""], "sms": ""})


def _more(voice: ActionContext, answer: Answer) -> Iterable[BotUttered]:
    yield BotUttered("utter_answer", {"": "\n".join(answer.more), "sms": " ".join(answer.more)})
    yield _source(voice, answer)
    yield voice.utter("utter_answer_page", read_title=answer.topic.read_title, read_url=answer.topic.read_url)


def _source(voice: ActionContext, answer: Answer) -> BotUttered:
    sources = dict.fromkeys(source.title for source in answer.sources)
    return voice.utter(
        "utter_answer_source",
        sources=", ".join(list(sources)[:MAX_SOURCES]),
        checked_on=answer.checked_on.strftime("%d/%m/%Y"),
    )


def _offer(voice: ActionContext, answer: Answer) -> BotUttered:
    return voice.utter(f"utter_offer_{answer.topic.offer.partition(':')[0]}")


def _join(*parts: BotUttered) -> dict[str, str]:
    """One message: a line each on a screen, one paragraph by SMS."""
    return {
        "": "\n".join(filter(None, (part.texts[""] for part in parts))),
        "sms": " ".join(filter(None, (part.texts.get("sms", part.texts[""]) for part in parts))),
    }


def _beside(voice: ActionContext, knowledge: Knowledge, answer: Answer) -> tuple[Choice, ...]:
    more = Choice(voice.utter("utter_tell_more").texts[""], f"/{answer.topic.id}{MORE}")
    if voice.goes_on:
        return (more,)
    return (*_offered(voice, answer), more, *_follow_ups(knowledge, answer)[:FIRST_FOLLOW_UPS])


def _after(voice: ActionContext, knowledge: Knowledge, answer: Answer) -> tuple[Choice, ...]:
    return (*_offered(voice, answer), *_follow_ups(knowledge, answer)[:NEXT_FOLLOW_UPS])


def _offered(voice: ActionContext, answer: Answer) -> list[Choice]:
    place_kind = answer.topic.offer.partition(":")[2]
    choices = _offer(voice, answer).choices
    return [replace(choice, payload=choice.payload.replace("KIND", place_kind)) for choice in choices]


def _follow_ups(knowledge: Knowledge, answer: Answer) -> list[Choice]:
    known = (topic for topic in answer.topic.follow_ups if topic in knowledge)
    return [Choice(knowledge.title(topic, answer.language), f"/{topic}") for topic in known]
