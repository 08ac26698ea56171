"""People who use the fake Telegram, as their phone would."""

from collections.abc import Mapping
from typing import Any

from tests.fake_telegram.server import FakeTelegram
from tests.fake_telegram.state import Chat

PHONE = "33639980021"


class Resident:
    """Somebody in a private chat with the bot. Each act returns its update, brought at once."""

    def __init__(self, telegram: FakeTelegram, id: int = 5550001, first_name: str = "Samia") -> None:
        self.telegram = telegram
        self.person = {"id": id, "is_bot": False, "first_name": first_name, "language_code": "fr"}
        self.chat = telegram.chats[id] = Chat(id, title=first_name)

    # What they do

    def says(self, text: str, **more: Any) -> dict[str, Any]:
        """Writes."""
        return self._sends(text=text, **more)

    def edits(self, text: str) -> dict[str, Any]:
        """Changes the last thing they wrote."""
        mine = next(m for m in reversed(self.chat.messages) if m["from"]["id"] == self.person["id"])
        mine.update(text=text, edit_date=self.telegram.now())
        return self.telegram.emit(edited_message=mine)

    def taps(self, title: str) -> dict[str, Any]:
        """Touches the lowest button that says this."""
        message, button = self._button(title)
        return self.touches(button["callback_data"], message)

    def touches(self, data: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Touches a button that may be gone from the screen, or was never there."""
        query = {"id": f"callback-{self.telegram.next_id()}", "from": self.person, "message": dict(message),
                 "chat_instance": "1", "data": data}  # fmt: skip
        return self.telegram.emit(callback_query=query)

    def shares_place(self, lat: float, lon: float) -> dict[str, Any]:
        """Sends their position."""
        return self._sends(location={"latitude": lat, "longitude": lon})

    def shares_contact(self, phone: str = PHONE, owner: int | None = None) -> dict[str, Any]:
        """Sends their own card, or somebody's."""
        card = {"phone_number": phone, "first_name": self.person["first_name"], "user_id": owner or self.person["id"]}
        return self._sends(contact=card)

    def speaks(self, sound: bytes, seconds: int = 4) -> dict[str, Any]:
        """Sends a voice message."""
        name = f"voice-{self.telegram.next_id()}"
        self.telegram.files[name] = sound
        voice = {"file_id": name, "file_unique_id": name, "duration": seconds, "mime_type": "audio/ogg",
                 "file_size": len(sound)}  # fmt: skip
        return self._sends(voice=voice)

    def sends(self, **content: Any) -> dict[str, Any]:
        """Sends anything else, in Telegram's own fields."""
        return self._sends(**content)

    def blocks(self) -> dict[str, Any]:
        """Blocks the bot."""
        self.chat.blocked = True
        return self._changes("member", "kicked")

    def unblocks(self) -> dict[str, Any]:
        """Takes the bot back."""
        self.chat.blocked = False
        return self._changes("kicked", "member")

    # What they see

    @property
    def reads(self) -> list[str]:
        """The texts the bot wrote, in order."""
        return [message["text"] for message in self.received if "text" in message]

    @property
    def received(self) -> list[dict[str, Any]]:
        """All the bot sent, in order."""
        with self.telegram.changed:
            return [m for m in self.chat.messages if m["from"]["id"] == self.telegram.bot["id"]]

    @property
    def buttons(self) -> list[str]:
        """What can be touched under the messages, from top to bottom."""
        return [button["text"] for message in self.received for button in inline_buttons(message)]

    def waits_for(self, text: str) -> None:
        """Until the bot wrote something that holds this."""
        said = f"{text!r}; read so far: {self.reads}"
        self.telegram.wait_for(lambda: any(text in each for each in self.reads), said)

    def waits_for_button(self, title: str) -> None:
        """Until a button says this."""
        self.telegram.wait_for(lambda: any(title in each for each in self.buttons), f"a button {title!r}")

    def _button(self, title: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for message in reversed(self.received):
            for button in inline_buttons(message):
                if title in button["text"]:
                    return message, button
        raise AssertionError(f"no button says {title!r}, but {self.buttons}")

    def _sends(self, **content: Any) -> dict[str, Any]:
        return self.telegram.emit(message=self.telegram.add(self.chat, self.person, **content))

    def _changes(self, before: str, after: str) -> dict[str, Any]:
        def status(name: str) -> dict[str, Any]:
            ended = {"until_date": 0} if name == "kicked" else {}
            return {"user": self.telegram.bot, "status": name, **ended}

        change = {"chat": self.chat.as_json(), "from": self.person, "date": self.telegram.now(),
                  "old_chat_member": status(before), "new_chat_member": status(after)}  # fmt: skip
        return self.telegram.emit(my_chat_member=change)


class Member:
    """Somebody in a group with topics. `thread`: where they write and touch buttons; None is the general one."""

    def __init__(self, group: Chat, telegram: FakeTelegram, id: int = 5550100, **person: Any) -> None:
        self.group, self.telegram = group, telegram
        self.person = {"id": id, "is_bot": False, "first_name": "Nour", **person}

    def says(self, text: str, thread: int | None) -> dict[str, Any]:
        """Writes."""
        return self.sends(thread, text=text)

    def sends(self, thread: int | None, **content: Any) -> dict[str, Any]:
        """Sends anything, in Telegram's own fields."""
        return self.telegram.emit(message=self._add(thread, **content))

    def edits(self, update: Mapping[str, Any], text: str) -> dict[str, Any]:
        """Changes what they wrote."""
        changed = {**update["message"], "text": text, "edit_date": self.telegram.now()}
        return self.telegram.emit(edited_message=changed)

    def taps(self, title: str, thread: int) -> dict[str, Any]:
        """Touches the lowest button of a thread that says this."""
        for message in reversed([each for each in self.group.messages if each.get("message_thread_id") == thread]):
            for button in inline_buttons(message):
                if title in button["text"]:
                    return self.touches(button["callback_data"], message)
        raise AssertionError(f"no button says {title!r}")

    def touches(self, data: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Touches a button, whatever it carries."""
        query = {"id": f"callback-{self.telegram.next_id()}", "from": self.person, "message": dict(message),
                 "chat_instance": "1", "data": data}  # fmt: skip
        return self.telegram.emit(callback_query=query)

    def _add(self, thread: int | None, **content: Any) -> dict[str, Any]:
        where = {"message_thread_id": thread, "is_topic_message": True} if thread is not None else {}
        return self.telegram.add(self.group, self.person, **where, **content)


def inline_buttons(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]
