"""Choices to tap on WhatsApp: their shape at Twilio, created once, and numbers to type whenever that cannot be."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.channels import twilio
from bot.channels.base import OutboundMessage
from bot.channels.content_models import TwilioContent
from bot.channels.rendering import numbered, words
from bot.channels.twilio import TwilioChannel
from bot.channels.twilio_contents import PAUSE
from bot.channels.whatsapp_buttons import ITEM_DESCRIPTION, LIST_PICKER, QUICK_REPLY, tappable
from bot.errors import SendLater, Stopped
from bot.settings import Settings
from db.session import Database
from flows.engine.events import Choice
from tests.fakes.twilio import ACCOUNT, RESIDENT, TOKEN, WHATSAPP_NUMBER, Failure, FakeTwilio, fake_twilio

YES_NO = ("Oui", "Non")
LONG = "Mardi 24 novembre de 9 h 30 à 10 h"


def choices(titles: Sequence[str]) -> tuple[dict[str, str], ...]:
    return tuple({"title": title, "payload": f"/SetSlots(answer={title})"} for title in titles)


def written(text: str, titles: Sequence[str]) -> str:
    """As `rendering` writes it."""
    return "\n".join([text, *numbered([Choice(title, "") for title in titles])])


def message(now: datetime, text: str = "Bonjour !", titles: Sequence[str] = YES_NO, **more: Any) -> OutboundMessage:
    return OutboundMessage(7, RESIDENT, written(text, titles), choices(titles), **{"heard_at": now, **more})


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def server() -> Iterator[FakeTwilio]:
    with fake_twilio() as server:
        yield server


def whatsapp(server: FakeTwilio, database: Database, clock: Clock, **more: Any) -> TwilioChannel:
    """A channel as a process that has just started makes it."""
    settings = Settings(
        **{
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": SecretStr(TOKEN),
            "twilio_api_url": server.url,
            "whatsapp_from": WHATSAPP_NUMBER,
            **more,
        }
    )
    return twilio.channels(settings, database, clock)["whatsapp"]


@pytest.fixture
def channel(server: FakeTwilio, database: Database, clock: Clock) -> TwilioChannel:
    return whatsapp(server, database, clock)


def test_few_short_choices_are_buttons() -> None:
    made = tappable(written("Bonjour !\n\nÇa va ?", YES_NO), choices(YES_NO))
    assert made is not None
    assert made.types == {
        QUICK_REPLY: {
            "body": "{{1}}\n\n{{2}}",
            "actions": [
                {"type": "QUICK_REPLY", "title": "{{3}}", "id": "{{4}}"},
                {"type": "QUICK_REPLY", "title": "{{5}}", "id": "{{6}}"},
            ],
        }
    }
    assert list(made.variables.values()) == [
        "Bonjour !", "Ça va ?", "Oui", "/SetSlots(answer=Oui)", "Non", "/SetSlots(answer=Non)",
    ]  # fmt: skip
    assert list(made.variables) == [str(number) for number in range(1, 7)]


def test_more_or_longer_choices_are_a_list() -> None:
    titles = ("Parler à quelqu'un", LONG)
    made = tappable(written("Quand ?", titles), choices(titles))
    assert made is not None
    (picker,) = made.types.values()
    assert list(made.types) == [LIST_PICKER]
    assert picker["button"] == "Choisir"
    shown = [
        [made.variables[item[name].strip("{}")] for name in ("item", "description", "id")] for item in picker["items"]
    ]
    assert shown == [
        ["Parler à quelqu'un", "ou tapez 1", "/SetSlots(answer=Parler à quelqu'un)"],
        ["2", LONG, f"/SetSlots(answer={LONG})"],  # the number may be typed, should the tap say no more
    ]


def test_a_list_speaks_the_language_of_its_reader() -> None:
    titles = ("Somebody", LONG)
    made = tappable(written("When?", titles), choices(titles), "en")
    assert made is not None
    (picker,) = made.types.values()
    assert picker["button"] == "Choose"
    assert "or type 1" in made.variables.values()


def test_a_title_that_is_too_long_for_a_list_lacks_its_end() -> None:
    titles = ("x" * 72, "y" * 73)
    made = tappable(written("Où ?", titles), choices(titles))
    assert made is not None
    assert {"x" * 72, "y" * 71 + "…"} < set(made.variables.values())


@pytest.mark.parametrize(("name", "longest"), [("choose", 20), ("type", ITEM_DESCRIPTION)])
def test_what_a_list_adds_has_room_in_every_language(name: str, longest: int) -> None:
    assert all(0 < len(words(name, language)) <= longest for language in ("fr", "en", "ar", "tr", "pt", "es"))


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Trop", [f"Choix {number}" for number in range(11)]),
        ("Pareils", ["x" * 73 + "1", "x" * 73 + "2"]),
        ("Deux fois", ["Oui", "Oui"]),
        ("Sans nom", [" "]),
        ("x" * 1025, YES_NO),
        ("Une {{1}}", YES_NO),
        ("Payload", ["x" * 72, "y" * 190]),
        ("", YES_NO),
        ("\n".join("x" * 98), YES_NO),
    ],
)
def test_what_no_content_can_hold_is_typed(text: str, titles: Sequence[str]) -> None:
    assert tappable(written(text, titles), choices(titles)) is None


def test_a_text_that_was_cut_keeps_its_way_on() -> None:
    made = tappable(written("Bonjour", YES_NO) + "\nSUITE pour lire la suite.", choices(YES_NO))
    assert made is not None
    assert list(made.variables.values())[:2] == ["Bonjour", "SUITE pour lire la suite."]


def test_a_text_without_its_menu_stays_as_it_is() -> None:
    assert tappable("Bonjour", choices(YES_NO)) is None


def test_what_leaves_is_what_twilio_documents(channel: TwilioChannel, server: FakeTwilio, now: datetime) -> None:
    channel.send(message(now, "C'est  où ?\n\nDites-le."))
    (sid, content), (sent,) = *server.contents.items(), server.messages
    assert content["language"] == "fr"
    assert set(content) == {"friendly_name", "language", "variables", "types"}
    assert set(content["variables"]) == {str(number) for number in range(1, 7)}
    assert all(content["variables"].values())
    assert sent["ContentSid"] == sid
    assert "Body" not in sent
    assert json.loads(sent["ContentVariables"])["1"] == "C'est où ?"
    assert server.texts == ["C'est où ?\n\nDites-le.\n[Oui]\n[Non]"]


def test_a_shape_is_created_once_whatever_is_said_and_whoever_restarts(
    server: FakeTwilio, database: Database, clock: Clock, now: datetime
) -> None:
    for text, titles in (("Bonjour", YES_NO), ("Au revoir", ("Menu", "Rappelez-moi"))):
        whatsapp(server, database, clock).send(message(now, text, titles))
    assert len(server.contents) == 1
    whatsapp(server, database, clock).send(message(now, "Combien ?", ("1", "2", "3")))
    assert len(server.contents) == 2
    assert not any("Bonjour" in json.dumps(content) for content in server.contents.values())  # nothing stays there


def test_another_account_has_contents_of_its_own(
    channel: TwilioChannel, server: FakeTwilio, database: Database, clock: Clock, now: datetime
) -> None:
    channel.send(message(now))
    made = tappable(message(now).text, choices(YES_NO))
    other = whatsapp(server, database, clock, twilio_account_sid="AC" + "1" * 32).contents
    assert made is not None
    assert other is not None
    assert other.sid(made.types) is None  # the other's is not offered; this Twilio knows one account


def test_killed_between_creation_and_sending_the_next_try_creates_nothing(
    server: FakeTwilio, database: Database, clock: Clock, now: datetime
) -> None:
    channel = whatsapp(server, database, clock)
    assert channel.contents is not None
    made = tappable(message(now).text, choices(YES_NO))
    assert made is not None
    sid = channel.contents.sid(made.types)  # and there the process dies
    whatsapp(server, database, clock).send(message(now))
    assert [sent["ContentSid"] for sent in server.messages] == [sid]
    assert len(server.contents) == 1


def test_killed_before_the_row_was_written_another_is_created(
    channel: TwilioChannel, server: FakeTwilio, now: datetime
) -> None:
    server.create_content({"types": {}})  # nobody remembers it
    channel.send(message(now))
    assert server.messages[0]["ContentSid"] == f"HX{2:032x}"


def test_two_workers_at_once_keep_one_of_theirs(channel: TwilioChannel, server: FakeTwilio, database: Database) -> None:
    made = tappable(written("Oui ?", YES_NO), choices(YES_NO))
    assert made is not None
    assert channel.contents is not None
    mine, known = channel.contents.sid(made.types), channel.contents._known
    channel.contents._known = lambda digest: None  # type: ignore[method-assign]  # as if asked before the other wrote
    theirs = channel.contents.sid(made.types)
    channel.contents._known = known  # type: ignore[method-assign]
    assert (theirs != mine, channel.contents.sid(made.types)) == (True, mine)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(TwilioContent)) == 1


@pytest.mark.parametrize("failure", [Failure(403, 20403), Failure(400, 92002), Failure(429, 20429), Failure(500)])
def test_a_content_that_cannot_be_created_is_numbers_to_type_and_not_asked_again_for_an_hour(
    channel: TwilioChannel, server: FakeTwilio, clock: Clock, now: datetime, failure: Failure
) -> None:
    server.no_contents = failure
    channel.send(message(now))
    assert server.messages[0]["Body"] == "Bonjour !\n1 Oui\n2 Non"
    server.no_contents = None
    clock.now = now + PAUSE - timedelta(seconds=1)
    channel.send(message(clock.now))
    assert server.contents == {}
    clock.now = now + PAUSE
    channel.send(message(clock.now))
    assert "ContentSid" in server.messages[2]


def test_a_content_that_is_gone_leaves_as_text_and_is_created_anew_later(
    channel: TwilioChannel, server: FakeTwilio, clock: Clock, now: datetime
) -> None:
    channel.send(message(now))
    server.contents.clear()
    channel.send(message(now))
    assert server.messages[1]["Body"] == "Bonjour !\n1 Oui\n2 Non"
    clock.now = now + PAUSE
    channel.send(message(clock.now))
    assert server.messages[2]["ContentSid"] in server.contents


def test_what_twilio_says_of_the_person_or_of_its_haste_is_not_answered_with_a_second_message(
    channel: TwilioChannel, server: FakeTwilio, now: datetime
) -> None:
    channel.send(message(now))
    for failure, error in ((Failure(400, 21610), Stopped), (Failure(500), SendLater), (Failure(0), SendLater)):
        server.failures = [failure]
        with pytest.raises(error):
            channel.send(message(now))
    assert sum("To" in sent for sent in server.messages) == 1


def test_a_message_that_whatsapp_gave_up_on_is_text(channel: TwilioChannel, server: FakeTwilio, now: datetime) -> None:
    channel.send(message(now, again=True))
    channel.send(message(now))
    assert ["Body" in sent for sent in server.messages] == [True, True]


def test_past_the_window_no_content_of_ours_may_leave(
    server: FakeTwilio, database: Database, clock: Clock, now: datetime
) -> None:
    template = "HX" + "f" * 32
    server.contents[template] = {"types": {"twilio/text": {"body": "{{1}}"}}}
    channel = whatsapp(server, database, clock, whatsapp_template=template)
    channel.send(message(now, heard_at=now - timedelta(hours=25)))
    assert [sent["ContentSid"] for sent in server.messages] == [template]
