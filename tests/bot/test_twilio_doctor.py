"""What `allervers doctor` says of SMS and WhatsApp, each with its cure; and the senders that settings refuse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.senders import is_for_platforms
from bot.commands.doctor_twilio import examine
from bot.commands.findings import FAILS, MISSING, OK
from bot.errors import SettingsError
from bot.settings import Settings, load_settings
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, Failure, FakeTwilio, fake_twilio

SITE = "https://allervers.example.org"
WEBHOOK = f"{SITE}/webhooks/twilio/messages"


@pytest.fixture
def server() -> Iterator[FakeTwilio]:
    with fake_twilio(SITE) as server:
        server.number = {"sms_url": f"{WEBHOOK}#rc=3&rp=all", "phone_number": NUMBER}
        yield server


def look(server: FakeTwilio, skew: float = 0, **more: Any) -> dict[str, tuple[str, str]]:
    """The findings, by subject."""
    values = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_api_url": server.url,
        "public_url": SITE,
        "sms_from": NUMBER,
        **more,
    }
    now = datetime.now(UTC) + timedelta(seconds=skew)
    return {finding.subject: (finding.state, finding.words) for finding in examine(Settings(**values), now)}


def test_all_is_well(server: FakeTwilio) -> None:
    found = look(server, sms_from="MG" + "0" * 32, sms_number=NUMBER)
    assert {subject: state for subject, (state, _) in found.items()} == {
        "SMS sender": OK,
        "Twilio": OK,
        "SMS webhook": OK,
        "SMS on posters": OK,
    }


@pytest.mark.parametrize(
    ("begins", "made_for_it"),
    [("+33936", False), ("+33937", True), ("+33938", True), ("+33939", True), ("+33199", False), ("38123", True)],
)
def test_which_numbers_the_plan_made_for_machines_that_write(begins: str, made_for_it: bool) -> None:
    assert is_for_platforms(begins) is made_for_it


def test_off_is_one_line(server: FakeTwilio) -> None:
    assert [state for state, _ in look(server, twilio_auth_token=None).values()] == [MISSING]


def test_a_wrong_token_is_told_and_not_shown(server: FakeTwilio) -> None:
    state, words = look(server, twilio_auth_token=SecretStr("wrong token"))["Twilio"]
    assert (state, "20003" in words, "wrong token" in words) == (FAILS, True, False)


def test_twilio_may_be_away(server: FakeTwilio) -> None:
    server.failures = [Failure(503)]
    assert look(server)["Twilio"][0] == FAILS


@pytest.mark.parametrize(
    ("url", "state", "cure"),
    [
        ("", FAILS, f"{WEBHOOK}#rc=3&rp=all"),
        ("https://demo.twilio.com/welcome/sms/reply", FAILS, WEBHOOK),
        (WEBHOOK, MISSING, "#rc=3&rp=all"),
    ],
)
def test_where_messages_go(server: FakeTwilio, url: str, state: str, cure: str) -> None:
    server.number = {"sms_url": url, "phone_number": NUMBER}
    for sender in (NUMBER, "MG" + "0" * 32):
        found = look(server, sms_from=sender)["SMS webhook"]
        assert (found[0], cure in found[1]) == (state, True)


def test_a_number_of_another_account_cannot_be_read(server: FakeTwilio) -> None:
    server.number = None
    assert look(server)["SMS webhook"][0] == MISSING


def test_a_wrong_clock_and_half_a_configuration(server: FakeTwilio) -> None:
    for skew, words in ((86_400, "ahead of"), (-86_400, "behind")):
        state, said = look(server, skew=skew)["clock"]
        assert (state, f"seconds {words} Twilio's; run a time service (NTP)" in said) == (FAILS, True)
    assert look(server, public_url=None)["SMS and WhatsApp"][0] == FAILS
    assert look(server, sms_from=None)["SMS and WhatsApp"][0] == FAILS
    assert look(server, sms_from=NUMBER)["SMS sender"][0] == MISSING


SERVICE = "MG" + "0" * 32
PRINTED = "SMS on posters"
OTHER = "+33199000009"


@pytest.mark.parametrize(
    ("settings", "state", "cure"),
    [
        ({"sms_from": SERVICE}, MISSING, "set ALLERVERS_SMS_NUMBER"),
        ({"sms_from": None, "sms_number": NUMBER}, FAILS, "set ALLERVERS_SMS_FROM, or unset ALLERVERS_SMS_NUMBER"),
        ({"sms_from": None, "sms_number": NUMBER, "twilio_auth_token": None}, FAILS, "set ALLERVERS_SMS_FROM"),
        ({"sms_number": "+33639980001"}, FAILS, "rent a number in 09 37 to 09 39"),
        ({"sms_number": OTHER}, FAILS, f"answers leave from {NUMBER}; set ALLERVERS_SMS_NUMBER to that number"),
        ({"sms_from": "38123", "sms_number": OTHER}, FAILS, "answers leave from 38123"),
        ({"sms_from": SERVICE, "sms_number": OTHER}, FAILS, "not of the messaging service; add it there"),
        ({"sms_from": SERVICE, "sms_number": "+33199000008"}, FAILS, "receives no text; set ALLERVERS_SMS_NUMBER"),
        ({"sms_from": SERVICE, "sms_number": NUMBER}, OK, NUMBER),
    ],
)
def test_who_texts_the_number_on_a_poster_is_heard_and_answered_from_it(
    server: FakeTwilio, settings: dict[str, Any], state: str, cure: str
) -> None:
    server.service_numbers = {NUMBER: ["SMS", "Voice"], "+33199000008": ["Voice"]}
    found_state, words = look(server, **settings)[PRINTED]
    assert (found_state, cure in words) == (state, True), words


def test_a_number_printed_as_the_sender_is_nothing_to_tell(server: FakeTwilio) -> None:
    assert PRINTED not in look(server)
    assert PRINTED not in look(server, sms_number=NUMBER)


def test_a_service_that_cannot_be_read_names_what_to_look_for(server: FakeTwilio) -> None:
    server.service_numbers = None
    found = look(server, sms_from=SERVICE, sms_number=NUMBER)
    assert found[PRINTED] == (MISSING, f"cannot be read; in the console, see that the service has {NUMBER}")


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SMS_FROM", "+33639980001", "Arcep"),
        ("SMS_FROM", "+33756980001", "Arcep"),
        ("SMS_FROM", "+262692980001", "Arcep"),
        ("SMS_FROM", "+596696980001", "Arcep"),
        ("SMS_FROM", "ALLERVERS", "reply"),
        ("SMS_FROM", "0199000001", "E.164"),
        ("WHATSAPP_FROM", "whatsapp:+33199000001", "E.164"),
        ("WHATSAPP_TEMPLATE", "a template", "console"),
        ("SMS_PER_SECOND", "0", "greater"),
    ],
)
def test_settings_refuse_a_sender_and_say_why(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(f"ALLERVERS_{variable}", value)
    with pytest.raises(SettingsError, match=reason) as refused:
        load_settings()
    assert f"ALLERVERS_{variable}: " in str(refused.value)


@pytest.mark.parametrize("sender", ["+33199000001", "38123", "MG" + "0123456789abcdef" * 2, "+4915735980001"])
def test_settings_take_a_sender_that_may_be_answered(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    monkeypatch.setenv("ALLERVERS_SMS_FROM", sender)
    assert load_settings().sms_from == sender
