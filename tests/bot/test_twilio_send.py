"""What leaves through Twilio: the real client against a server of ours, each refusal read for what it means."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels import twilio
from bot.channels.base import OutboundMessage
from bot.channels.quiet_hours import STILL_THERE
from bot.channels.twilio import TwilioChannel
from bot.errors import AddressGone, SendError, SendLater, SendRefused, Stopped
from bot.settings import Settings
from db.session import Database
from tests.fakes.twilio import ACCOUNT, NUMBER, RESIDENT, TOKEN, WHATSAPP_NUMBER, Failure, FakeTwilio, fake_twilio

SITE = "https://allervers.example.org"
TEMPLATE = "HX" + "0" * 32
UNUSED = Database("sqlite:///unused.db")  # nothing here has choices to tap


@pytest.fixture
def server() -> Iterator[FakeTwilio]:
    with fake_twilio(SITE) as server:
        yield server


def channels(server: FakeTwilio, now: datetime, **more: Any) -> dict[str, TwilioChannel]:
    settings = Settings(
        twilio_account_sid=ACCOUNT,
        twilio_auth_token=SecretStr(more.pop("token", TOKEN)),
        **{
            "twilio_api_url": server.url,
            "public_url": SITE,
            "sms_from": NUMBER,
            "whatsapp_from": WHATSAPP_NUMBER,
            **more,
        },
    )
    return twilio.channels(settings, UNUSED, lambda: now)


def message(now: datetime, text: str = "Bonjour", **more: Any) -> OutboundMessage:
    return OutboundMessage(7, RESIDENT, text, **{"heard_at": now, **more})


def test_an_sms_leaves_folded_with_its_validity_and_where_to_tell_its_fate(server: FakeTwilio, now: datetime) -> None:
    sid = channels(server, now)["sms"].send(message(now, "Où ça ? L’atelier « à côté » !", valid_for=899.7))
    assert server.messages == [
        {
            "To": RESIDENT,
            "From": NUMBER,
            "Body": 'Où ca ? L\'atelier "à coté" !',
            "ValidityPeriod": "899",
            "StatusCallback": f"{SITE}/webhooks/twilio/status?message=7",
            "Sid": sid,
        }
    ]


@pytest.mark.parametrize(("valid_for", "asked"), [(0.2, "1"), (21_600, "21600"), (90_000, "36000")])
def test_validity_keeps_to_what_twilio_takes(server: FakeTwilio, now: datetime, valid_for: float, asked: str) -> None:
    channels(server, now)["sms"].send(message(now, valid_for=valid_for))
    assert server.messages[0]["ValidityPeriod"] == asked


def test_a_messaging_service_chooses_its_number(server: FakeTwilio, now: datetime) -> None:
    service = "MG" + "0" * 32
    channels(server, now, sms_from=service)["sms"].send(message(now))
    assert server.messages[0]["MessagingServiceSid"] == service
    assert "From" not in server.messages[0]


def test_whatsapp_keeps_its_accents_and_has_addresses_of_its_own(server: FakeTwilio, now: datetime) -> None:
    channels(server, now)["whatsapp"].send(message(now, "Ça va ? 👍"))
    sent = server.messages[0]
    assert (sent["To"], sent["From"]) == (f"whatsapp:{RESIDENT}", f"whatsapp:{WHATSAPP_NUMBER}")
    assert sent["Body"] == "Ça va ? 👍"


def test_whatsapp_past_its_window_wants_a_template(server: FakeTwilio, now: datetime) -> None:
    last_day = now - timedelta(hours=23, minutes=59)
    too_old = now - timedelta(hours=24)
    channels(server, now)["whatsapp"].send(message(now, heard_at=last_day))
    for heard_at in (too_old, None):
        with pytest.raises(SendRefused, match="window"):
            channels(server, now)["whatsapp"].send(message(now, heard_at=heard_at))
    server.contents[TEMPLATE] = {"types": {"twilio/text": {"body": "{{1}}"}}}
    channels(server, now, whatsapp_template=TEMPLATE)["whatsapp"].send(
        message(now, "Rappel :\nlundi", heard_at=too_old)
    )
    assert len(server.messages) == 2
    assert server.messages[1]["ContentSid"] == TEMPLATE
    assert json.loads(server.messages[1]["ContentVariables"]) == {"1": "Rappel : lundi"}
    assert "Body" not in server.messages[1]


@pytest.mark.parametrize(
    ("failure", "error", "retry_after"),
    [
        (Failure(400, 21610), Stopped, None),
        (Failure(400, 21211), AddressGone, None),
        (Failure(400, 21614), AddressGone, None),
        (Failure(400, 21612), SendRefused, None),
        (Failure(400, 21408), SendRefused, None),
        (Failure(400, 21617), SendRefused, None),
        (Failure(400, 21611), SendLater, None),
        (Failure(400, 30001), SendLater, None),
        (Failure(429, 20429, {"Retry-After": "17"}), SendLater, 17.0),
        (Failure(429, 20429), SendLater, None),
        (Failure(500), SendLater, None),
        (Failure(503, 20503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), SendLater, None),
        (Failure(401, 20003), SendLater, None),
        (Failure(404, 20404), SendRefused, None),
        (Failure(0), SendLater, None),
    ],
    ids=str,
)
def test_each_refusal_is_read_for_what_it_means(
    server: FakeTwilio, now: datetime, failure: Failure, error: type[SendError], retry_after: float | None
) -> None:
    server.failures.append(failure)
    with pytest.raises(SendError) as raised:
        channels(server, now)["sms"].send(message(now))
    assert type(raised.value) is error
    assert getattr(raised.value, "retry_after", None) == retry_after
    channels(server, now)["sms"].send(message(now))  # the next one is not concerned


def test_a_wrong_token_waits_for_its_operator_and_names_nobody(
    server: FakeTwilio, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SendLater):
        channels(server, now, token="another")["sms"].send(message(now, "Un secret"))
    assert "allervers doctor" in caplog.text
    assert not any(word in caplog.text for word in (RESIDENT[1:], "Un secret", "another", TOKEN))


def test_a_provider_out_of_reach_is_for_later(server: FakeTwilio, now: datetime) -> None:
    with pytest.raises(SendLater):
        channels(server, now, twilio_api_url="http://127.0.0.1:9")["sms"].send(message(now))


def test_nothing_is_configured_by_halves(now: datetime) -> None:
    assert twilio.channels(Settings(sms_from=NUMBER), UNUSED, lambda: now) == {}


# Quiet hours

NIGHT = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # a Monday, half past eleven in France


@pytest.mark.parametrize(
    ("heard_at", "expected", "until"),
    [
        (NIGHT, False, None),
        (NIGHT - STILL_THERE + timedelta(seconds=1), False, None),
        (NIGHT - STILL_THERE, False, datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        (None, False, datetime(2026, 11, 24, 7, 0, tzinfo=UTC)),
        (None, True, None),
    ],
)
def test_at_night_only_replies_and_what_was_booked_leave(
    server: FakeTwilio, heard_at: datetime | None, expected: bool, until: datetime | None
) -> None:
    for channel in channels(server, NIGHT).values():
        assert channel.hold_until(message(NIGHT, heard_at=heard_at, expected=expected), NIGHT) == until
