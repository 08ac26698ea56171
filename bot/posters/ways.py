"""The ways to write to us from a poster, each as an address that a phone opens."""

import re
from typing import NamedTuple
from urllib.parse import quote

from bot.numbers import spoken
from bot.posters.words import message
from bot.settings import Settings

_REFERRAL = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What Telegram takes behind `?start=`, and our own page behind `?r=`."""


class Way(NamedTuple):
    """One way. kind: "telegram" | "sms" | "whatsapp" | "web" | "call". number: as it is read, where there is one."""

    kind: str
    href: str
    number: str = ""


def ways(settings: Settings, code: str) -> list[Way]:
    """Every way that is configured, a tap before a text, a text before a call. code: "" when there is none to give."""
    kept = code if _REFERRAL.fullmatch(code) else ""
    found = []
    if settings.telegram_username:
        found.append(Way("telegram", f"https://t.me/{settings.telegram_username}" + (f"?start={kept}" if kept else "")))
    body = quote(message(kept).strip())
    if number := settings.sms_number_shown:
        # iOS wants `&` where Android wants `?`; both read `?&`.
        found.append(Way("sms", f"sms:{number}?&body={body}", spoken(number)))
    if settings.whatsapp_from:
        number = settings.whatsapp_from
        found.append(Way("whatsapp", f"https://wa.me/{number.removeprefix('+')}?text={body}", spoken(number)))
    found.append(Way("web", f"/?r={kept}" if kept else "/"))
    if settings.human_phone:
        number = settings.human_phone
        found.append(Way("call", f"tel:{re.sub(r'[^+0-9]', '', number)}", spoken(number)))
    return found
