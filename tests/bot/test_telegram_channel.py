"""How messages leave by Telegram: their shape, what a refusal means, and nothing said of the token."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from telegram import Bot

from bot.channels.base import OutboundMessage
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_api import AnswerUnread, BotApi, NotAsked
from bot.channels.voice import Sound
from bot.errors import AddressGone, NotSaid, SendError, SendLater, SendRefused
from tests.fake_telegram import Failure, FakeTelegram, Resident
from tests.fake_telegram.people import inline_buttons

ICS = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
BOOKING = "ABCD2345"


@pytest.fixture(scope="module")
def api(telegram_server: FakeTelegram) -> Iterator[BotApi]:
    api = BotApi(telegram_server.token, telegram_server.url)
    yield api
    api.close()


@pytest.fixture
def channel(api: BotApi) -> TelegramChannel:
    return TelegramChannel(api, {BOOKING: ICS}.get)


@pytest.fixture
def samia(telegram: FakeTelegram) -> Resident:
    return Resident(telegram)


def message(person: Resident, text: str, *titles: str, **more: Any) -> OutboundMessage:
    choices = tuple({"title": title, "payload": f"/{title}"} for title in titles)
    return OutboundMessage(more.pop("id", 7), str(person.chat.id), text, choices, tuple(more.pop("attachments", ())))


def test_a_text_leaves_as_it_is_written(channel: TelegramChannel, samia: Resident) -> None:
    text = "C'est *gratuit* <b>_toujours_</b> : [voir](https://example.org) & 1_000 €"
    channel.send(message(samia, text))
    assert samia.reads == [text]
    (given,) = samia.telegram.called("sendMessage")
    assert "parse_mode" not in given
    assert given["link_preview_options"] == {"is_disabled": True}
    assert given["reply_markup"] == {"remove_keyboard": True}


def test_choices_are_buttons_that_name_them(channel: TelegramChannel, samia: Resident) -> None:
    channel.send(message(samia, "Lequel ?", "Oui", "Non", id=12))
    assert [(b["text"], b["callback_data"]) for b in inline_buttons(samia.received[-1])] == [
        ("Oui", "m:12:0"),
        ("Non", "m:12:1"),
    ]


def test_the_id_of_a_message_does_not_tell_whose_it_is(channel: TelegramChannel, samia: Resident) -> None:
    provider_id = channel.send(message(samia, "Bonjour"))
    assert provider_id.endswith(f":{samia.received[-1]['message_id']}")
    assert str(samia.chat.id) not in provider_id
    assert len(provider_id) < 64


def test_a_long_text_leaves_in_parts_and_ends_with_its_buttons(channel: TelegramChannel, samia: Resident) -> None:
    sentence = "Une phrase qui compte 🙂. "
    provider_id = channel.send(message(samia, sentence * 400, "Oui"))
    assert len(samia.reads) == 3
    assert " ".join(samia.reads) == (sentence * 400).strip()
    assert [bool(inline_buttons(each)) for each in samia.received] == [False, False, True]
    assert provider_id.endswith(f":{samia.received[-1]['message_id']}")


def test_a_question_for_a_place_can_be_answered_with_the_position(channel: TelegramChannel, samia: Resident) -> None:
    asks = {"kind": "ask_place", "title": "📍 Envoyer ma position"}
    channel.send(message(samia, "Dans quelle ville ?", "Passer", attachments=[asks]))
    (given,) = samia.telegram.called("sendMessage")
    keyboard = given["reply_markup"]["keyboard"]
    assert keyboard == [[{"text": "📍 Envoyer ma position", "request_location": True}], [{"text": "Passer"}]]
    assert given["reply_markup"]["one_time_keyboard"] is True


PLACE = {"kind": "location", "lat": 43.2, "lon": 2.35, "title": "Maison du projet", "address": "1 place de l'Exemple"}
CALENDAR = {"kind": "calendar", "url": f"https://allervers.example.org/rdv/{BOOKING}.ics", "title": "Mon agenda"}


def kinds(person: Resident) -> list[str]:
    """What was received, by kind."""
    names = ("venue", "location", "document", "text")
    return [next(name for name in names if name in each) for each in person.received]


def test_a_booking_comes_with_its_place_and_its_calendar_file(channel: TelegramChannel, samia: Resident) -> None:
    channel.send(message(samia, "C'est réservé.", attachments=[PLACE, CALENDAR]))
    assert kinds(samia) == ["text", "venue", "document"]
    venue, document = samia.received[1]["venue"], samia.received[2]
    assert (venue["title"], venue["address"]) == ("Maison du projet", "1 place de l'Exemple")
    assert samia.telegram.files[document["document"]["file_id"]] == ICS
    assert (document["document"]["file_name"], document["caption"]) == ("rendez-vous.ics", "Mon agenda")


def test_buttons_stay_at_the_bottom(channel: TelegramChannel, samia: Resident) -> None:
    channel.send(message(samia, "Le plus près.", "Prendre rendez-vous", attachments=[PLACE]))
    assert kinds(samia) == ["venue", "text"]


def test_a_place_without_a_name_is_a_point(channel: TelegramChannel, samia: Resident) -> None:
    channel.send(message(samia, "Ici.", attachments=[{"kind": "location", "lat": 43.2, "lon": 2.35}]))
    assert kinds(samia) == ["text", "location"]


@pytest.mark.parametrize(
    "attachment", [{"kind": "hologram"}, CALENDAR | {"url": "/rdv/ZZZZ2222.ics"}, {"kind": "calendar"}], ids=str
)
def test_what_cannot_be_attached_is_left_out(
    channel: TelegramChannel, samia: Resident, attachment: dict[str, Any]
) -> None:
    channel.send(message(samia, "Voilà.", attachments=[attachment]))
    assert kinds(samia) == ["text"]


def test_an_attachment_that_is_refused_does_not_hold_back_the_text(channel: TelegramChannel, samia: Resident) -> None:
    samia.telegram.fail("sendVenue", Failure(400, "Bad Request: wrong latitude"))
    channel.send(message(samia, "Le plus près.", "Oui", attachments=[PLACE]))
    assert kinds(samia) == ["text"]


# What a failure means

FAILURES: list[tuple[Failure, type[SendError], float | None]] = [
    (Failure.flood(17), SendLater, 17),
    (Failure(429, "Too Many Requests"), SendLater, None),
    (Failure(403, "Forbidden: bot was blocked by the user"), AddressGone, None),
    (Failure(403, "Forbidden: user is deactivated"), AddressGone, None),
    (Failure(400, "Bad Request: chat not found"), AddressGone, None),
    (Failure(400, "Bad Request: PEER_ID_INVALID"), AddressGone, None),
    (Failure(400, "Bad Request: can't parse entities"), SendRefused, None),
    (Failure(400, "Bad Request: message is too long"), SendRefused, None),
    (Failure(400, "Bad Request: group upgraded", {"migrate_to_chat_id": -100}), SendRefused, None),
    (Failure(401, "Unauthorized"), SendLater, None),
    (Failure(404, "Not Found"), SendLater, None),
    (Failure(409, "Conflict"), SendLater, None),
    (Failure(500), SendLater, None),
    (Failure(502, "Bad Gateway"), SendLater, None),
    (Failure(504, "Gateway Timeout"), SendLater, None),
    (Failure(drop=True), SendLater, None),
    (Failure(drop=True, after=True), SendLater, None),
]


@pytest.mark.parametrize(("failure", "error", "wait"), FAILURES, ids=str)
def test_what_a_failure_means(
    channel: TelegramChannel,
    samia: Resident,
    caplog: pytest.LogCaptureFixture,
    failure: Failure,
    error: type[SendError],
    wait: float | None,
) -> None:
    caplog.set_level(logging.DEBUG)
    samia.telegram.fail("sendMessage", failure)
    private = message(samia, "Un secret de Samia")
    with pytest.raises(error) as caught:
        channel.send(private)
    assert type(caught.value) is error or error is SendLater
    if isinstance(caught.value, SendLater):
        assert caught.value.retry_after == wait
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    for unsaid in (samia.telegram.token.partition(":")[2], private.text, private.address):
        assert unsaid not in told


def test_a_telegram_that_is_away_is_tried_later(samia: Resident) -> None:
    api = BotApi(samia.telegram.token, "http://127.0.0.1:1")
    with pytest.raises(SendLater):
        TelegramChannel(api, {}.get).send(message(samia, "Bonjour"))
    api.close()


def test_a_wrong_token_is_somebody_s_to_mend_and_nothing_is_lost(samia: Resident) -> None:
    api = BotApi("7000001:another", samia.telegram.url)
    with pytest.raises(SendLater) as caught:
        TelegramChannel(api, {}.get).send(message(samia, "Bonjour"))
    assert "another" not in "".join(traceback.format_exception(caught.value))
    api.close()


def test_what_left_does_not_leave_again_for_an_answer_nobody_can_read(
    channel: TelegramChannel, samia: Resident, caplog: pytest.LogCaptureFixture
) -> None:
    samia.telegram.now = lambda: 1_795_420_800_000  # a server that writes dates in milliseconds
    assert channel.send(message(samia, "Bonjour", attachments=[PLACE])) == ""
    assert kinds(samia) == ["text", "venue"]
    assert "a yes could not be read" in caplog.text
    assert "Bonjour" not in caplog.text


def test_a_fault_of_ours_before_asking_is_no_message_that_left(api: BotApi, samia: Resident) -> None:
    async def stumbles(bot: Bot) -> None:
        raise KeyError("ours")

    async def stumbles_after(bot: Bot) -> None:
        await bot.send_message(samia.chat.id, "Bonjour")
        raise KeyError("the client's")

    with pytest.raises(NotAsked):
        api.call(stumbles)
    with pytest.raises(AnswerUnread):
        api.call(stumbles_after)
    with pytest.raises(NotAsked):  # one request says nothing of the next
        api.call(stumbles)


def test_an_attachment_of_ours_that_cannot_be_asked_does_not_hold_back_its_text(
    channel: TelegramChannel, samia: Resident, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = {"kind": "location", "title": "Une place sans position"}
    channel.send(message(samia, "Bonjour", "Oui", attachments=[nowhere]))
    assert samia.reads == ["Bonjour"]
    assert "without an attachment" in caplog.text


def test_parts_that_left_do_not_leave_again(channel: TelegramChannel, samia: Resident) -> None:
    long = message(samia, "Une phrase ici. " * 700, "Oui", attachments=[PLACE], id=33)
    samia.telegram.fail("sendMessage", Failure.flood(2))
    with pytest.raises(SendLater):
        channel.send(long)
    assert kinds(samia) == ["venue"]
    provider_id = channel.send(long)
    assert kinds(samia) == ["venue", "text", "text", "text"]
    assert provider_id.endswith(f":{samia.received[-1]['message_id']}")
    channel.send(message(samia, "Autre chose."))
    assert samia.reads[-1] == "Autre chose."


def test_a_message_whose_last_part_waits_remembers_its_first_parts(channel: TelegramChannel, samia: Resident) -> None:
    booked = message(samia, "C'est réservé.", attachments=[PLACE, CALENDAR], id=34)
    samia.telegram.fail("sendDocument", Failure.flood(2), Failure(500))
    for _ in range(2):
        with pytest.raises(SendLater):
            channel.send(booked)
    text_id = samia.received[0]["message_id"]
    assert channel.send(booked).endswith(f":{text_id}")
    assert kinds(samia) == ["text", "venue", "document"]


def test_who_closes_does_not_wait_for_what_is_under_way(telegram: FakeTelegram, samia: Resident) -> None:
    api = BotApi(telegram.token, telegram.url)
    api.close()
    with pytest.raises(SendLater):
        TelegramChannel(api, {}.get).send(message(samia, "Bonjour"))
    api.soon(lambda bot: bot.get_me())
    api.close()


LISTENED = ({"kind": "sound", "of": [3]},)
VOICE_MESSAGE, FILE = Sound(b"OggS-light", "audio/ogg", ".ogg"), Sound(b"RIFF-heavy", "audio/wav", ".wav")


def test_a_sound_is_one_voice_message_with_its_words_and_buttons(api: BotApi, samia: Resident) -> None:
    TelegramChannel(api, {}.get, {7: VOICE_MESSAGE}.__getitem__).send(
        message(samia, "À écouter", "Oui", attachments=LISTENED)
    )
    (heard,) = samia.received
    assert samia.telegram.files[heard["voice"]["file_id"]] == VOICE_MESSAGE.content
    assert heard["caption"] == "À écouter"
    assert [button["text"] for button in inline_buttons(heard)] == ["Oui"]


def test_what_telegram_does_not_play_so_is_a_file(api: BotApi, samia: Resident) -> None:
    sound = message(samia, "À écouter", attachments=LISTENED)
    TelegramChannel(api, {}.get, {7: FILE}.__getitem__).send(sound)
    samia.telegram.fail("sendVoice", Failure(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN"))
    TelegramChannel(api, {}.get, {7: VOICE_MESSAGE}.__getitem__).send(sound)
    assert [heard["document"]["file_name"] for heard in samia.received] == ["reponse.wav", "reponse.ogg"]


def test_a_sound_under_way_waits_like_any_message(api: BotApi, samia: Resident) -> None:
    channel = TelegramChannel(api, {}.get, {7: VOICE_MESSAGE}.__getitem__)
    samia.telegram.fail("sendVoice", Failure.flood(3))
    with pytest.raises(SendLater) as raised:
        channel.send(message(samia, "À écouter", attachments=LISTENED))
    assert raised.value.retry_after == 3
    channel.send(message(samia, "À écouter", attachments=LISTENED))
    assert len(samia.received) == 1


def test_a_sound_that_cannot_be_made_is_words(api: BotApi, samia: Resident, caplog: pytest.LogCaptureFixture) -> None:
    def hoarse(message_id: int) -> Sound:
        raise NotSaid("CalledProcessError")

    for channel in (TelegramChannel(api, {}.get, hoarse), TelegramChannel(api, {}.get)):
        channel.send(message(samia, "péplum", "Oui", attachments=LISTENED))
    assert len(samia.reads) == 2
    assert all("Elle reste écrite plus haut" in each for each in samia.reads)
    assert samia.buttons == ["Oui", "Oui"]
    assert "CalledProcessError" in caplog.text
    assert "péplum" not in caplog.text
