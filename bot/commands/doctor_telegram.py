"""What the doctor asks of Telegram: whether it knows the bot, and whether what people write there reaches us."""

from collections.abc import Iterable

from telegram import Bot, User, WebhookInfo

from bot.channels.telegram_api import BotApi, TokenRefused
from bot.commands.doctor_leads_group import examine_group
from bot.commands.findings import FAILS, MISSING, OK, Finding
from bot.errors import SendError
from bot.settings import Settings
from bot.telegram import api_url, webhook_url


def examine(settings: Settings) -> Iterable[Finding]:
    """Everything that keeps Telegram from working; one line when it is off."""
    if settings.telegram_token is None:
        yield Finding(
            "Telegram", MISSING, "set ALLERVERS_TELEGRAM_TOKEN, which @BotFather gives, to be written to there"
        )
        if settings.telegram_username is not None:
            words = (
                f"posters lead to @{settings.telegram_username}, which nobody reads; unset ALLERVERS_TELEGRAM_USERNAME"
            )
            yield Finding("Telegram", FAILS, f"{words}, or set the token")
        return
    api = BotApi(settings.telegram_token.get_secret_value(), api_url(settings))
    try:
        me, webhook = api.call(_ask)
        group = [examine_group(api, chat) for chat in (settings.telegram_leads_chat,) if chat is not None]
    except TokenRefused:
        words = (
            "refuses ALLERVERS_TELEGRAM_TOKEN; copy it from @BotFather again (/token), or take another one (/revoke)"
        )
        yield Finding("Telegram", FAILS, words)
        return
    except SendError as error:
        cure = "look at the network and at ALLERVERS_TELEGRAM_API_URL"
        yield Finding("Telegram", FAILS, f"does not answer ({error}); {cure}")
        return
    finally:
        api.close()
    yield _name(str(me.username), settings.telegram_username)
    yield _intake(webhook, webhook_url(settings))
    yield from group


def _name(username: str, printed: str | None) -> Finding:
    """The bot, and whether posters lead to it."""
    if printed is None:
        return Finding(
            "Telegram", MISSING, f"@{username}; set ALLERVERS_TELEGRAM_USERNAME={username}: QR codes need it"
        )
    if printed.lower() != username.lower():
        words = f"posters lead to @{printed}, the token is @{username}'s; set ALLERVERS_TELEGRAM_USERNAME={username}"
        return Finding("Telegram", FAILS, words)
    return Finding("Telegram", OK, f"@{username}")


async def _ask(bot: Bot) -> tuple[User, WebhookInfo]:
    return await bot.get_me(), await bot.get_webhook_info()


def _intake(webhook: WebhookInfo, ours: str | None) -> Finding:
    """How updates come in, as they should and as they do."""
    subject = "Telegram updates"
    if ours is None:
        if webhook.url:
            words = f"go to {webhook.url}; `allervers serve` takes them back unless another service wants them"
            return Finding(subject, MISSING, words)
        return Finding(
            subject, OK, "fetched by `allervers serve`; with an https ALLERVERS_PUBLIC_URL Telegram brings them"
        )
    if webhook.url != ours:
        words = f"go to {webhook.url or 'nobody'}, not to {ours}; start `allervers serve`, which registers it"
        return Finding(subject, MISSING, words)
    if webhook.last_error_message and webhook.pending_update_count:
        words = f"{webhook.pending_update_count} wait: {webhook.last_error_message}; look at the proxy and at {ours}"
        return Finding(subject, FAILS, words)
    return Finding(subject, OK, ours)
