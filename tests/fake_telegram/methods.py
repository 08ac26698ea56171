"""The methods of the Bot API that we use, as documented, with the refusals a bot can meet."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fake_telegram.state import Chat, Refused, State

Given = Mapping[str, Any]
LONGEST_TEXT, LONGEST_CAPTION, LONGEST_DATA = 4096, 1024, 64


def units(text: str) -> int:
    """Telegram counts UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _need(given: Given, *names: str) -> None:
    for name in names:
        if given.get(name) in (None, ""):
            raise Refused(400, f"Bad Request: {name} is empty")


def _markup(given: Given) -> dict[str, Any]:
    """The keyboard under a message; only inline ones stay with it."""
    markup = given.get("reply_markup")
    if not markup:
        return {}
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if not button.get("text"):
                raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if not 1 <= len(str(button.get("callback_data", "")).encode()) <= LONGEST_DATA:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup} if "inline_keyboard" in markup else {}


def _thread(chat: Chat, given: Given) -> dict[str, Any]:
    if not given.get("message_thread_id"):
        return {}
    topic = chat.topics.get(int(given["message_thread_id"]))
    if topic is None:
        raise Refused(400, "Bad Request: message thread not found")
    if not topic["open"]:
        raise Refused(400, "Bad Request: TOPIC_CLOSED")
    return {"message_thread_id": int(given["message_thread_id"]), "is_topic_message": True}


def _send(state: State, given: Given, **content: Any) -> dict[str, Any]:
    chat = state.chat(given["chat_id"])
    markup = given.get("reply_markup") or {}
    if "keyboard" in markup or "remove_keyboard" in markup:
        chat.keyboard = markup.get("keyboard", [])
    return state.add(chat, state.bot, **_thread(chat, given), **_markup(given), **content)


def send_message(state: State, given: Given) -> Any:
    text = str(given.get("text") or "")
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > LONGEST_TEXT:
        raise Refused(400, "Bad Request: message is too long")
    return _send(state, given, text=text)


def _point(given: Given) -> dict[str, float]:
    return {"latitude": float(given["latitude"]), "longitude": float(given["longitude"])}


def send_location(state: State, given: Given) -> Any:
    _need(given, "latitude", "longitude")
    return _send(state, given, location=_point(given))


def send_venue(state: State, given: Given) -> Any:
    _need(given, "latitude", "longitude", "title", "address")
    venue = {"location": _point(given), "title": given["title"], "address": given["address"]}
    return _send(state, given, venue=venue, location=_point(given))


def send_document(state: State, given: Given) -> Any:
    upload = given.get("document")
    if not isinstance(upload, dict) or not upload["content"]:
        raise Refused(400, "Bad Request: there is no document in the request")
    file_id = f"document-{state.next_id()}"
    state.files[file_id] = upload["content"]
    document = {"file_id": file_id, "file_unique_id": file_id, "file_name": upload["name"]}
    return _send(state, given, document=document, caption=given.get("caption") or "")


def send_voice(state: State, given: Given) -> Any:
    upload = given.get("voice")
    if not isinstance(upload, dict) or not upload["content"].startswith(b"OggS"):
        raise Refused(400, "Bad Request: there is no voice in the request")
    if units(str(given.get("caption") or "")) > LONGEST_CAPTION:
        raise Refused(400, "Bad Request: message caption is too long")
    file_id = f"voice-{state.next_id()}"
    state.files[file_id] = upload["content"]
    voice = {"file_id": file_id, "file_unique_id": file_id, "duration": 1}
    return _send(state, given, voice=voice, caption=given.get("caption") or "")


def _written(state: State, given: Given, refusal: str) -> dict[str, Any]:
    chat = state.chat(given["chat_id"])
    message = next((each for each in chat.messages if each["message_id"] == int(given["message_id"])), None)
    if message is None:
        raise Refused(400, f"Bad Request: {refusal}")
    return message


def edit_message_text(state: State, given: Given) -> Any:
    message, markup = _written(state, given, "message to edit not found"), _markup(given)
    if (message.get("text"), message.get("reply_markup")) == (given["text"], markup.get("reply_markup")):
        raise Refused(400, "Bad Request: message is not modified")
    message.pop("reply_markup", None)
    message.update(text=given["text"], **markup)
    return message


def set_message_reaction(state: State, given: Given) -> Any:
    message = _written(state, given, "message to react not found")
    message["signs"] = [each["emoji"] for each in given["reaction"]]
    return True


def edit_message_reply_markup(state: State, given: Given) -> Any:
    message = _written(state, given, "message to edit not found")
    markup = _markup(given)
    if message.get("reply_markup") == markup.get("reply_markup"):
        raise Refused(400, "Bad Request: message is not modified")
    message.pop("reply_markup", None)
    message.update(markup)
    return message


def answer_callback_query(state: State, given: Given) -> Any:
    _need(given, "callback_query_id")
    if given["callback_query_id"] in state.answered:
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    state.answered[str(given["callback_query_id"])] = dict(given)
    return True


def set_my_commands(state: State, given: Given) -> Any:
    for command in given["commands"]:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]) or not 1 <= len(command["description"]) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
    state.commands = list(given["commands"])
    return True


def set_webhook(state: State, given: Given) -> Any:
    if not str(given.get("url", "")).startswith("https://"):
        raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", str(given.get("secret_token", ""))):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")
    state.webhook = dict(given)
    return True


def delete_webhook(state: State, given: Given) -> Any:
    state.webhook = {"url": ""}
    return True


def get_webhook_info(state: State, given: Given) -> Any:
    kept = {key: state.webhook[key] for key in ("url", "last_error_date", "last_error_message") if key in state.webhook}
    return {"has_custom_certificate": False, "pending_update_count": len(state.updates), **kept}


def get_file(state: State, given: Given) -> Any:
    content = state.files.get(str(given.get("file_id")))
    if content is None:
        raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    name = str(given["file_id"])
    return {"file_id": name, "file_unique_id": name, "file_size": len(content), "file_path": f"files/{name}"}


def create_forum_topic(state: State, given: Given) -> Any:
    _need(given, "chat_id", "name")
    chat = state.chat(given["chat_id"])
    thread = state.next_id()
    chat.topics[thread] = {"name": given["name"], "open": True}
    return {"message_thread_id": thread, "name": given["name"], "icon_color": 7322096}


def _topic(state: State, given: Given) -> dict[str, Any]:
    topic = state.chat(given["chat_id"]).topics.get(int(given["message_thread_id"]))
    if topic is None:
        raise Refused(400, "Bad Request: message thread not found")
    return topic


def edit_forum_topic(state: State, given: Given) -> Any:
    _topic(state, given)["name"] = given["name"]
    return True


def _set_open(state: State, given: Given, is_open: bool) -> Any:
    topic = _topic(state, given)
    if topic["open"] == is_open:
        raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
    topic["open"] = is_open
    return True


def close_forum_topic(state: State, given: Given) -> Any:
    return _set_open(state, given, False)


def reopen_forum_topic(state: State, given: Given) -> Any:
    return _set_open(state, given, True)


def delete_forum_topic(state: State, given: Given) -> Any:
    _topic(state, given)
    thread, chat = int(given["message_thread_id"]), state.chat(given["chat_id"])
    del chat.topics[thread]
    chat.messages = [each for each in chat.messages if each.get("message_thread_id") != thread]
    return True


def get_me(state: State, given: Given) -> Any:
    return state.bot


def get_chat(state: State, given: Given) -> Any:
    said = {"accent_color_id": 0, "max_reaction_count": 11}
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return {**state.chat(given["chat_id"]).as_json(), **said, "accepted_gift_types": dict.fromkeys(gifts, True)}


def get_chat_member(state: State, given: Given) -> Any:
    """The bot's own place: a member, or an administrator with its rights."""
    rights = state.chat(given["chat_id"]).rights
    if not rights:
        return {"user": state.bot, "status": "member"}
    always = ("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
              "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users",
              "can_post_stories", "can_edit_stories", "can_delete_stories", "can_manage_topics")  # fmt: skip
    return {"user": state.bot, "status": "administrator", **{each: each in rights for each in always}}


METHODS: Mapping[str, Callable[[State, Given], Any]] = {
    "getMe": get_me,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendLocation": send_location,
    "sendVenue": send_venue,
    "sendDocument": send_document,
    "sendVoice": send_voice,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "getFile": get_file,
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": close_forum_topic,
    "reopenForumTopic": reopen_forum_topic,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "deleteForumTopic": delete_forum_topic,
    "editMessageText": edit_message_text,
    "setMessageReaction": set_message_reaction,
}
"""All of them but getUpdates, which waits."""
