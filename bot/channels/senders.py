"""Who may text people in France and be answered. Sources: docs/decisions/2026-11-22-sms-senders.md."""

import re

_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_SHORT = re.compile(r"\d{5}")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MOBILE = re.compile(r"\+33[67]|\+(262|590|594|596)[67]")
_PLATFORM = re.compile(r"\+339(37|38|39)")


def check_sms_sender(sender: str) -> None:
    """Raises ValueError, with the reason and the cure, for a sender that may not hold a conversation by SMS."""
    if _SERVICE.fullmatch(sender) or _SHORT.fullmatch(sender):
        return
    if _MOBILE.match(sender):
        raise ValueError(
            "06 and 07 numbers are reserved for messages between people (Arcep, decision 2022-1583); "
            "rent a number in 09 37 to 09 39 or a short code (38xxx)"
        )
    if not _NUMBER.fullmatch(sender):
        if re.search("[A-Za-z]", sender):
            raise ValueError(
                "nobody can reply to a name; write a number in E.164 (+33937…) or a messaging service (MG…)"
            )
        raise ValueError("not a phone number; write it in E.164 (+33937…), a short code, or a messaging service (MG…)")


def check_number(number: str) -> None:
    """Raises ValueError unless this is a phone number in E.164."""
    if not _NUMBER.fullmatch(number):
        raise ValueError("not a phone number; write it in E.164, such as +33937000000")


def is_for_platforms(sender: str) -> bool:
    """Whether the numbering plan made this sender for machines that write to people, as far as can be seen."""
    return bool(_SHORT.fullmatch(sender) or _SERVICE.fullmatch(sender) or _PLATFORM.match(sender))
