"""Twilio's own client, made to reach where settings say, to give up in time, and to keep quiet about people."""

import logging
from typing import Any

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.channels.twilio_errors import UNAUTHENTICATED, send_error
from bot.errors import SendError, SendLater
from bot.settings import Settings

CONNECT, ANSWER = 3.05, 10.0
"""Seconds to reach Twilio, and to be answered: far below a job's lease."""

_NO_ENVIRONMENT = {"": ""}  # not an empty one: the client would read TWILIO_* variables, which are no setting of ours
_log = logging.getLogger(__name__)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Requests that never hang; a provider that is away or busy raises SendLater. Nothing of them is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.timeout = (CONNECT, ANSWER)

    def request(self, *args: Any, **kwargs: Any) -> Response:
        try:
            response = super().request(*args, **kwargs)
        except requests.RequestException as error:
            raise SendLater(type(error).__name__) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise SendLater(f"HTTP {response.status_code}", _retry_after(response))
        return response

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Numbers and texts are nobody's to read in a log."""

    def log_response(self, status_code: int, response: Any) -> None:
        """As for a request."""


def client(settings: Settings) -> Client | None:
    """Twilio's client; None when there is no account in the settings."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return None
    made = Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        http_client=_HttpClient(),
        environment=_NO_ENVIRONMENT,
    )
    if settings.twilio_api_url is not None:
        made.api.base_url = made.messaging.base_url = made.content.base_url = str(settings.twilio_api_url).rstrip("/")
    return made


def refusal(error: TwilioException) -> SendError:
    """What Twilio's refusal of a message means for it."""
    code, status = getattr(error, "code", None), int(getattr(error, "status", 0))
    if code == UNAUTHENTICATED or status == 401:
        _log.error("Twilio refuses our account (20003): messages wait; run allervers doctor")
    return send_error(code, status)


def _retry_after(response: Response) -> float | None:
    """Seconds Twilio asks us to wait, when it says so in seconds."""
    value = str((response.headers or {}).get("Retry-After", ""))
    return float(value) if value.isdecimal() else None
