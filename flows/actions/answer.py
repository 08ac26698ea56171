"""Answers a question from the knowledge base, with its source and the day it was checked."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import BotUttered, Choice, Event
from flows.events import QuestionAnswered
from flows.knowledge_base import Answer, Knowledge

MAX_FOLLOW_UPS = 2
MAX_SOURCES = 2


def run(context: ActionContext) -> Iterable[Event]:
    """The answer, then what can be done next; an unknown topic is said to be so."""
    tools: Tools = context.tools
    topic = str(context.context.get("topic") or "")
    if topic not in tools.knowledge:
        yield context.utter("utter_no_answer")
        return
    to_check = context.utter("utter_to_check").texts[""]
    answer = tools.knowledge.answer(topic, tools.today(context.now), to_check)
    yield QuestionAnswered(topic)
    yield BotUttered("utter_answer", _texts(context, answer), _next(context, tools.knowledge, answer))


def _texts(context: ActionContext, answer: Answer) -> dict[str, str]:
    source = context.utter(
        "utter_answer_source",
        sources=", ".join(source.title for source in answer.sources[:MAX_SOURCES]),
        checked_on=answer.checked_on.strftime("%d/%m/%Y"),
        read_title=answer.topic.read_title,
        read_url=answer.topic.read_url,
    ).texts
    offer = context.utter(_offer_question(answer)).texts[""]
    return {
        "": "\n".join([*answer.full, source[""], offer]),
        "sms": " ".join([answer.sms, source.get("sms", source[""])]),
    }


def _offer_question(answer: Answer) -> str:
    kind = answer.topic.offer.partition(":")[0]
    return f"utter_offer_{kind}"


def _next(context: ActionContext, knowledge: Knowledge, answer: Answer) -> tuple[Choice, ...]:
    kind, _, place_kind = answer.topic.offer.partition(":")
    offered = context.utter(f"utter_offer_{kind}").choices
    choices = [Choice(choice.title, choice.payload.replace("KIND", place_kind)) for choice in offered]
    follow_ups = [topic for topic in answer.topic.follow_ups if topic in knowledge][:MAX_FOLLOW_UPS]
    return (*choices, *(Choice(knowledge.title(topic), f"/{topic}") for topic in follow_ups))
