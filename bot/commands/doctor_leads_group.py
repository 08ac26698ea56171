"""What the doctor asks of the leads' group: whether the bot is in it, and may do there what it has to."""

from telegram import Bot, ChatMemberAdministrator

from bot.channels.telegram_api import BotApi
from bot.commands.findings import FAILS, OK, Finding
from bot.errors import SendError

SUBJECT = "Leads' group"
RIGHTS = ("can_manage_topics", "can_delete_messages")


def examine_group(api: BotApi, chat_id: int) -> Finding:
    """One line: the group works, or why not and the cure."""
    try:
        is_forum, missing = api.call(lambda bot: _ask(bot, chat_id))
    except SendError as error:
        cure = "add the bot to it, or correct ALLERVERS_TELEGRAM_LEADS_CHAT"
        return Finding(SUBJECT, FAILS, f"{chat_id} does not answer ({error}); {cure}")
    if not is_forum:
        return Finding(SUBJECT, FAILS, f"{chat_id} has no topics; turn them on in the group's settings")
    if missing:
        return Finding(SUBJECT, FAILS, f"make the bot an administrator of {chat_id} who {' and '.join(missing)}")
    return Finding(SUBJECT, OK, str(chat_id))


async def _ask(bot: Bot, chat_id: int) -> tuple[bool, list[str]]:
    """Whether the group has topics, and the rights the bot lacks."""
    chat = await bot.get_chat(chat_id)
    member = await bot.get_chat_member(chat_id, bot.id)
    has = member if isinstance(member, ChatMemberAdministrator) else None
    return bool(chat.is_forum), [right for right in RIGHTS if not getattr(has, right, False)]
