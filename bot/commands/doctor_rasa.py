"""What the doctor asks of a Rasa server: whether it answers, lets us in, and knows our intents."""

import ipaddress
from collections.abc import Iterable

from bot.commands.findings import FAILS, OK, Finding
from bot.settings import Settings
from nlu.errors import RemoteError
from nlu.remote import RasaServer

SUBJECT = "Rasa"
GREETING = "bonjour"
PATIENCE = 5.0  # seconds: the doctor may wait longer than a resident


def examine(settings: Settings) -> Iterable[Finding]:
    """Everything that keeps Rasa from reading messages; nothing when the embedded engine reads alone."""
    if settings.nlu_url is None:
        return
    if settings.nlu_url.scheme != "https" and not _is_here(settings.nlu_url.host or ""):
        words = (
            "messages would travel in the clear; put https:// before ALLERVERS_NLU_URL, or the server on this machine"
        )
        yield Finding(SUBJECT, FAILS, words)
    token = settings.nlu_token.get_secret_value() if settings.nlu_token else None
    try:
        understood = RasaServer(str(settings.nlu_url), token, timeout=PATIENCE).parse(GREETING)
    except RemoteError as error:
        cure = "look at ALLERVERS_NLU_URL and ALLERVERS_NLU_TOKEN, or start it: make rasa"
        yield Finding(SUBJECT, FAILS, f"{error}; the embedded engine reads meanwhile; {cure}")
    else:
        yield Finding(SUBJECT, OK, f"reads “{GREETING}” as {understood.intent.name}")


def _is_here(host: str) -> bool:
    """Whether an address never leaves this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
