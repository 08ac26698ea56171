"""What is on each screen, read from what the providers took: the page has only to draw it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.gsm7 import Cost, cost
from bot.channels.whatsapp_buttons import LIST_PICKER
from tests.demo_channels.world import Handset, World
from tests.fake_telegram.people import inline_buttons
from tests.fakes.twilio import fill


@dataclass(frozen=True)
class Button:
    """Something to touch: what it says, what is sent with it, and what stands below it in a list."""

    title: str
    fields: Mapping[str, str]
    below: str = ""


@dataclass(frozen=True)
class Bubble:
    """One message. by: "me", "bot" or, in a thread, the name of the lead.

    opens: what opens the buttons, where they are a list. file: its name and what fetches it. pin: title, address, lat,
    lon. cost: of a text message. signs: set under it.
    """

    by: str
    text: str
    buttons: Sequence[Button] = ()
    opens: str = ""
    file: tuple[str, str] | None = None
    pin: tuple[str, str, float, float] | None = None
    cost: Cost | None = None
    signs: Sequence[str] = ()
    shares_place: bool = False


@dataclass(frozen=True)
class Thread:
    """A thread of the leads' group; the general one has no id."""

    id: int | None
    name: str
    is_open: bool
    bubbles: Sequence[Bubble]


@dataclass(frozen=True)
class Screen:
    """One phone. keyboard: buttons that stand where one types. shown: what a touch has shown for a moment."""

    bubbles: Sequence[Bubble] = ()
    keyboard: Sequence[Mapping[str, Any]] = ()
    threads: Sequence[Thread] = ()
    shown: str = ""
    who: str = ""


def screens(world: World) -> dict[str, Screen]:
    """All of them, by name."""
    with world.telegram.changed:
        resident, group = world.resident.chat, world.group
        private = [_telegram(message, world.resident.person["id"]) for message in resident.messages]
        keyboard = [button for row in resident.keyboard for button in row]
        threads = [
            Thread(id, topic["name"], topic["open"], [_in_group(each) for each in _of(group.messages, id)])
            for id, topic in group.topics.items()
        ]
        general = [_in_group(each) for each in _of(group.messages, None)]
    if general:
        threads.append(Thread(None, "", True, general))
    return {
        "sms": Screen(list(_handset(world.sms)), who=world.sms.number),
        "whatsapp": Screen(list(_handset(world.whatsapp)), who=world.whatsapp.number),
        "telegram": Screen(private, keyboard, shown=_shown(world, "telegram")),
        "team": Screen(threads=threads[::-1], shown=_shown(world, "team")),
    }


def _shown(world: World, name: str) -> str:
    answer = world.telegram.answered.get(world.touched.get(name, ""), {})
    return str(answer.get("text") or "")


def _handset(phone: Handset) -> Iterator[Bubble]:
    """Both sides of a conversation, in the order in which things were said."""
    messages, said = list(phone.twilio.messages), list(phone.said)
    for number, message in enumerate(messages):
        while said and said[0][0] <= number:
            yield _sent(said.pop(0)[1])
        if message["To"] == phone.address:
            yield _received(phone, message)
    for _, text in said:
        yield _sent(text)


def _sent(text: str) -> Bubble:
    return Bubble("me", text, shares_place=not text)


def _received(phone: Handset, message: Mapping[str, str]) -> Bubble:
    if "ContentSid" not in message:
        return Bubble("bot", message["Body"], cost=None if phone.prefix else cost(message["Body"]))
    ((kind, content),) = phone.twilio.contents[message["ContentSid"]]["types"].items()
    variables = message["ContentVariables"]

    def filled(shape: Mapping[str, str]) -> dict[str, str]:
        return {name: fill(value, variables) for name, value in shape.items()}

    text = fill(content["body"], variables)
    if kind == LIST_PICKER:
        items = [filled(each) for each in content["items"]]
        buttons = [
            Button(
                each["item"],
                {"list": each["id"], "title": each["item"], "below": each["description"]},
                each["description"],
            )
            for each in items
        ]
        return Bubble("bot", text, buttons, content["button"])
    actions = [filled(each) for each in content["actions"]]
    return Bubble(
        "bot", text, [Button(each["title"], {"button": each["id"], "title": each["title"]}) for each in actions]
    )


def _telegram(message: Mapping[str, Any], me: int) -> Bubble:
    venue, document = message.get("venue"), message.get("document")
    at = message.get("location", {})
    buttons = [
        Button(each["text"], {"data": each["callback_data"], "message": str(message["message_id"])})
        for each in inline_buttons(message)
    ]
    return Bubble(
        "me" if message["from"]["id"] == me else "bot",
        message.get("text") or message.get("caption") or "",
        buttons,
        file=(document["file_name"], document["file_id"]) if document else None,
        pin=(venue["title"], venue["address"], at["latitude"], at["longitude"]) if venue else None,
        signs=message.get("signs", ()),
        shares_place=bool(at) and not venue,
    )


def _in_group(message: Mapping[str, Any]) -> Bubble:
    bubble = _telegram(message, 0)
    by = "bot" if message["from"]["is_bot"] else message["from"]["first_name"]
    return Bubble(by, bubble.text, bubble.buttons, signs=bubble.signs)


def _of(messages: Sequence[Mapping[str, Any]], thread: int | None) -> list[Mapping[str, Any]]:
    return [each for each in messages if each.get("message_thread_id") == thread]
