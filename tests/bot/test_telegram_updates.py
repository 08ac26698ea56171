"""What every kind of update tells, from payloads of the documented shapes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import InboundMessage
from bot.channels.telegram_group_updates import InGroup, TapInGroup
from bot.channels.telegram_updates import Arrival, Invited, Presence, Said, Tapped, read, words
from bot.errors import Unreadable
from bot.runtime import payloads
from bot.runtime.interpreter import CONTROLS, REPLIES
from flows.loader import load_flows

FOLDER = Path(__file__).parent / "telegram_updates"
SAMIA, BOT = "5550001", "7000001"
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TOWN = {"lat": 43.2129, "lon": 2.3491}


def update(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return data


def said(name: str, **fields: Any) -> Said:
    return Said(InboundMessage("telegram", SAMIA, f"{BOT}:{update(name)['update_id']}", **fields))


def media(name: str, kind: str, text: str = "", file: str | None = None) -> Said:
    return said(name, kind="media", media=kind, text=text, file=file)


def command(name: str, payload: str, **more: Any) -> Said:
    return said(name, kind="choice", payload=payload, text=update(name)["message"]["text"], **more)


TELLS: dict[str, Arrival | None] = {
    "text": said("text", text="Bonjour, j'ai un projet 🙂"),
    "text_formatted": said("text_formatted", text="Je veux un RDV demain"),
    "reply": said("reply", text="oui celui-là"),
    "forwarded": said("forwarded", text="Formation gratuite mardi"),
    "edited_text": said("edited_text", text="Lille"),
    "edited_live_location": None,
    "start": command("start", "/greet"),
    "start_payload": command("start_payload", "/greet", referral="BUS-ROUBAIX_12"),
    "start_payload_invalid": command("start_payload_invalid", "/greet"),
    "command": command("command", "/my_appointment"),
    "command_with_name": command("command_with_name", "/help"),
    "command_unknown": said("command_unknown", text="micro entreprise"),
    "callback": Tapped(SAMIA, "4382bfdwdsb323b2d9", "m:12:0", 901),
    "callback_old_message": Tapped(SAMIA, "4382bfdwdsb323b2da", "m:12:0", 4),
    "callback_in_group": TapInGroup(-1005550009, 901, SAMIA, "4382bfdwdsb323b2db", "m:12:0"),
    "location": said("location", kind="location", location=TOWN),
    "venue": said("venue", kind="location", location=TOWN),
    "contact_own": said("contact_own", kind="contact", contact={"phone": "+33639980021", "name": "Samia"}),
    "contact_of_someone": media("contact_of_someone", "file"),
    "contact_unknown_to_telegram": media("contact_unknown_to_telegram", "file"),
    "voice": media("voice", "voice", file="AwACAgQ-voice"),
    "voice_long": media("voice_long", "voice"),
    "audio": media("audio", "voice"),
    "photo": media("photo", "photo"),
    "photo_with_caption": media("photo_with_caption", "photo", "c'est quoi une micro-entreprise"),
    "video": media("video", "video"),
    "video_note": media("video_note", "video"),
    "animation": media("animation", "video"),
    "document": media("document", "file"),
    "sticker": media("sticker", "sticker", "🐸"),
    "sticker_thumb": media("sticker_thumb", "sticker", "👍"),
    "dice": media("dice", "sticker"),
    "poll": media("poll", "file"),
    "pinned": None,
    "group_text": InGroup(-1005550009, None, 1034, f"{BOT}:90035", SAMIA, "text", "Bonjour le robot"),
    "blocked": Presence(SAMIA, blocked=True, at=AT),
    "unblocked": Presence(SAMIA, blocked=False, at=AT),
    "group_added": Invited(-1005550009, update("group_added")["update_id"]),
    "group_removed": None,
    "channel_post": None,
    "future_kind": None,
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_what_an_update_tells(name: str) -> None:
    assert read(update(name), BOT) == TELLS[name]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"update_id": 1, "message": {"message_id": 2, "date": 0, "chat": {"id": -5, "type": "group"}, "poll": {}}},
        {"update_id": 1, "message": "text"},
        {"update_id": 1, "message": {"message_id": 2}},
        {"update_id": 1, "message": {"message_id": 2, "date": "now", "chat": {}}},
        {"update_id": 1, "callback_query": {"id": "1"}},
        {"update_id": 1, "my_chat_member": []},
    ],
    ids=str,
)
def test_what_is_not_an_update_is_unreadable(broken: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as caught:
        read(broken, BOT)
    assert caught.value.__suppress_context__


def test_a_message_of_a_shape_to_come_is_answered_all_the_same() -> None:
    data = update("text")
    del data["message"]["text"]
    data["message"]["poll"] = {"shape": "of next year"}
    assert read(data, BOT) == media("text", "file")


@pytest.mark.parametrize("phone", ["12", "0639980021", "+33 6 39 98 00 21", "dix", "+" + "3" * 20])
def test_only_a_number_that_can_be_called_is_kept(phone: str) -> None:
    data = update("contact_own")
    data["message"]["contact"]["phone_number"] = phone
    arrival = read(data, BOT)
    assert isinstance(arrival, Said)
    if phone.startswith("+33 "):
        assert arrival.inbound.contact == {"phone": "+33639980021", "name": "Samia"}
    else:
        assert arrival.inbound.contact is None


def test_every_command_does_something() -> None:
    intents = {intent for flow in load_flows().values() for intent in flow.intents} | {*REPLIES, *CONTROLS}
    for name, does in words()["commands"].items():
        payload = payloads.parse(does["payload"])
        assert payload is not None
        assert payload.intent in intents, name
