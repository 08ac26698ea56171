"""Leads on Telegram: a thread a case, what is written there reaches the person, and nobody acts who may not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import inbox, outbox, queue
from bot.channels.telegram_thread_shapes import words
from bot.conversations import cases, consent, lead_links
from bot.conversations.case_models import Case
from bot.conversations.group_models import CaseThread
from bot.conversations.jobs import Job
from bot.conversations.models import Address, Conversation, Message
from bot.telegram import webhook_secret
from bot.web_telegram import PATH
from db.session import Database
from directory.models import Coverage, Lead
from flows.actions import ACTIONS
from flows.engine.engine import Engine
from flows.loader import load_domain, load_flows
from nlu.understanding import Intent, Understanding
from tests.bot.people import PHONE, FakeChannel, arrive, channels, inbound
from tests.bot.site import Server
from tests.bot.telegram_house import SITE, TelegramHouse
from tests.fake_telegram import Failure, FakeTelegram, Member, Resident
from tests.fake_telegram.people import inline_buttons
from tests.fake_telegram.state import Chat

GROUP, OTHER_GROUP = -1005550001, -1005550002
MINE, COLLEAGUE, NATIONAL = 1, 2, 3
SAYS, TAPS = words()["says"], words()["taps"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_flows(), load_domain(), ACTIONS)


def nothing_understood(text: str) -> Understanding:
    """What texts mean matters not: a lead reads them."""
    return Understanding(text, Intent("out_of_scope", 0.9), ())


class Group(TelegramHouse):
    """The house with its leads' group, and somebody who writes by SMS."""

    chat: Chat
    at: datetime

    def work(self, seconds: float = 0) -> None:
        """Does what is owed to the group and by SMS, until nothing is left at that time."""
        assert self.telegram is not None
        self.at += timedelta(seconds=seconds)
        handlers = {**self.telegram.handlers(), outbox.DELIVER: self._deliver}
        while jobs := queue.claim(self.database, self.at, 60, tuple(handlers), 1):
            handlers[jobs[0].kind](jobs[0])

    def _deliver(self, job: queue.ClaimedJob) -> None:
        outbox.deliver(self.database, channels(self.sms), job, self.at)

    def opens(self, address: str = PHONE, name: str = "Samia Benali", **more: Any) -> int:
        """Somebody asks for a human; their case's id."""
        with self.database.transaction() as session:
            conversation = arrive(session, self.at, address=address)
            conversation.contact.name, conversation.contact.phone = name, address
            for message in session.scalars(select(Message).where(Message.direction == "in")):
                message.status = "handled"
            options = {"lead_id": MINE, "profile": {"idea": "un food truck"}, "urgent": True, **more}
            case, _ = cases.open_or_update(
                session, contact_id=conversation.contact_id, conversation_id=conversation.id, reason="asked",
                now=self.at, entry_kind="handoff_requested", **options,
            )  # fmt: skip
            return case.id

    def hears(self, text: str, address: str = PHONE, **more: Any) -> None:
        """The person writes, and their turn is taken."""
        with self.database.transaction() as session:
            accepted = inbox.accept(session, inbound(text, address=address, **more), self.at)
        self.taker.take(accepted.conversation_id)

    def thread(self, case_id: int) -> int:
        """Where the case stands in the group."""
        with self.database.reading() as session:
            found = session.get_one(CaseThread, case_id).thread_id
            assert found is not None
            return found

    def read(self, thread: int | None) -> list[str]:
        """What the bot wrote there."""
        bot = self.bot_id
        return [
            m["text"] for m in self.chat.messages if m["from"]["id"] == bot and m.get("message_thread_id") == thread
        ]

    def buttons(self, thread: int) -> list[str]:
        """What can be touched there."""
        there = [each for each in self.chat.messages if each.get("message_thread_id") == thread]
        return [button["text"] for message in there for button in inline_buttons(message)]

    def owner(self, case_id: int) -> int | None:
        """Who speaks with the person."""
        with self.database.reading() as session:
            case = session.get_one(Case, case_id)
            return session.get_one(Conversation, case.conversation_id).owner_lead_id


@pytest.fixture
def house(database: Database, telegram: FakeTelegram, now: datetime, engine: Engine) -> Iterator[Group]:
    with database.transaction() as session:
        for number in (MINE, COLLEAGUE, NATIONAL):
            session.add(Lead(id=number, code=f"lead-{number}", role=f"Chef·fe de projet {number}"))
        session.flush()
        session.add(Coverage(lead_id=NATIONAL, scope="national", code="FR"))
    house = Group(database, telegram, now, telegram_leads_chat=GROUP)
    house.engine, house.parse = engine, nothing_understood  # type: ignore[assignment]
    house.at, house.sms, house.bot_id = now, FakeChannel(), telegram.bot["id"]  # type: ignore[attr-defined]
    house.chat = telegram.group(GROUP)
    telegram.webhook = {"url": f"{SITE}{PATH}", "secret_token": webhook_secret(telegram.token)}
    server = Server(house)  # type: ignore[arg-type]
    telegram.deliver_to = server.url
    yield house
    server.stop()
    assert house.telegram is not None
    house.telegram.close()


def linked(house: Group, lead_id: int = MINE, id: int = 5550100) -> Member:
    """A member of the group who is that lead."""
    with house.database.transaction() as session:
        code = lead_links.issue(session, lead_id, house.clock())
        lead_links.redeem(session, str(id), code, house.clock())
    return Member(house.chat, house.telegram_server, id)


@pytest.fixture
def nour(house: Group, telegram: FakeTelegram) -> Member:
    house.telegram_server = telegram  # type: ignore[attr-defined]
    return linked(house)


def answered(telegram: FakeTelegram, update: dict[str, Any]) -> dict[str, Any]:
    query = update["callback_query"]["id"]
    telegram.wait_for(lambda: query in telegram.answered, "an answer to the tap")
    return dict(telegram.answered[query])


def test_a_handoff_opens_a_thread_that_says_what_is_needed_and_no_number(house: Group) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    assert house.chat.topics == {thread: {"name": f"Samia · dossier {case_id}", "open": True}}
    (head,) = house.read(thread)
    assert "Samia, dossier" in head and "un food truck" in head and f"{SITE}/desk/cases/{case_id}" in head
    assert "Benali" not in head and "06" not in head and "+33" not in head
    assert house.buttons(thread) == [words()["buttons"][name] for name in ("take", "phone", "close")]
    house.work(60)
    assert len(house.chat.messages) == 1


def test_what_a_lead_writes_reaches_the_person_on_their_channel(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    update = nour.says("Bonjour, je vous appelle demain.", thread)
    assert nour.telegram.bring(update) == 200
    house.work()
    assert house.sms.texts == ["Bonjour, je vous appelle demain."]
    assert house.owner(case_id) == MINE
    assert house.buttons(thread)[0] == words()["buttons"]["back"]
    written = next(each for each in house.chat.messages if each["message_id"] == update["message"]["message_id"])
    assert written["signs"] == [words()["signs"]["passed"]]


def test_a_lead_s_update_that_races_with_itself_is_said_once(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    update = nour.says("Bonjour", thread)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(nour.telegram.bring, [update] * 6)) == {200}
    house.work()
    assert house.sms.texts == ["Bonjour"]


def test_while_a_lead_speaks_the_bot_is_silent_and_the_thread_hears(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    house.hears("Avant le relais", payload="/help")
    before = len(house.sms.texts)
    nour.taps("Prendre le relais", thread)
    house.work()
    said_before = len(house.sms.texts)
    assert said_before >= before
    for text in ("un", "deux", "trois"):
        house.hears(text)
    house.hears("", kind="location", location={"lat": 43.2, "lon": 2.3})
    house.work()
    assert len(house.sms.texts) == said_before
    told = house.read(thread)[1:]
    assert told == ["Samia : un\n\nSamia : deux\n\nSamia : trois\n\nSamia : [position envoyée]"]
    house.hears("quatre")
    house.work()
    assert house.read(thread)[2:] == ["Samia : quatre"]


def test_many_long_lines_are_joined_as_far_as_they_fit(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Prendre le relais", thread)
    house.work()
    for number in range(5):
        house.hears(f"{number}" * 1500)
    house.hears("mot " * 1500)
    house.work()
    told = house.read(thread)[1:]
    assert [text.count("Samia :") for text in told[:3]] == [2, 2, 1]
    assert "".join(told).count("mot") == 1500


def test_buttons_take_and_give_back_and_twice_is_harmless(house: Group, nour: Member) -> None:
    telegram = nour.telegram
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    head = dict(next(each for each in house.chat.messages if inline_buttons(each)))
    data = inline_buttons(head)[0]["callback_data"]
    for _ in range(2):
        assert answered(telegram, nour.touches(data, head))["text"] == TAPS["taken"]
    house.work()
    assert house.owner(case_id) == MINE
    with house.database.reading() as session:
        assert [entry.kind for entry in session.get_one(Case, case_id).entries].count("taken") == 1
    assert house.buttons(thread)[0] == words()["buttons"]["back"]
    assert "Chef·fe de projet 1 a la parole" in house.read(thread)[0]
    assert answered(telegram, nour.taps("Rendre la main", thread))["text"] == TAPS["given_back"]
    house.work()
    assert house.owner(case_id) is None
    assert house.buttons(thread)[0] == words()["buttons"]["take"]


def test_closing_asks_what_became_of_it_then_closes_the_thread(house: Group, nour: Member) -> None:
    telegram = nour.telegram
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Clore", thread)
    telegram.wait_for(lambda: "Laisser ouvert" in house.buttons(thread), "the outcomes")
    nour.taps("Laisser ouvert", thread)
    telegram.wait_for(lambda: "Clore…" in house.buttons(thread), "the buttons again")
    nour.taps("Clore", thread)
    telegram.wait_for(lambda: "Laisser ouvert" in house.buttons(thread), "the outcomes again")
    assert answered(telegram, nour.taps("Création lancée", thread))["text"] == TAPS["closed"]
    house.work()
    assert house.buttons(thread) == []
    assert "Dossier clos : Création lancée." in house.read(thread)[0]
    assert not house.chat.topics[thread]["open"]
    nour.says("Encore un mot", thread)
    house.chat.topics[thread]["open"] = True
    house.work()
    assert house.sms.texts == []
    again = house.opens()
    house.work()
    assert house.thread(again) == thread
    assert house.chat.topics[thread]["open"]
    assert f"dossier {again}" in house.read(thread)[-1]


def test_a_person_who_comes_back_finds_their_thread_open_again(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    with house.database.transaction() as session:
        cases.close(session, case_id, MINE, "created", house.at)
    house.work()
    assert not house.chat.topics[thread]["open"]
    again = house.opens()
    house.work()
    assert house.thread(again) == thread and house.chat.topics[thread]["open"]
    old = next(each for each in house.chat.messages if f"dossier {case_id}" in each.get("text", ""))
    said = answered(nour.telegram, nour.touches(f"c:{case_id}:take", old))
    assert said["text"] == TAPS["former"]
    assert house.owner(again) is None


@pytest.mark.parametrize("gone", ["thread", "head", "closed"])
def test_what_somebody_deleted_or_closed_is_made_again_and_nothing_is_lost(
    house: Group, nour: Member, gone: str
) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.taps("Prendre le relais", thread)
    house.work()
    if gone == "thread":
        del house.chat.topics[thread]
    elif gone == "closed":
        house.chat.topics[thread]["open"] = False
    else:
        house.chat.messages.clear()
    house.hears("Vous êtes là ?")
    with house.database.transaction() as session:
        cases.give_back(session, case_id, MINE, house.at)
    for seconds in (0, 10, 60):
        house.work(seconds)
    now_at = house.thread(case_id)
    assert (now_at == thread) == (gone != "thread")
    assert house.read(now_at).count("Samia : Vous êtes là ?") == 1
    assert house.buttons(now_at).count(words()["buttons"]["take"]) == 1
    assert house.chat.topics[now_at]["open"]


@pytest.mark.parametrize("failure", [Failure.flood(7), Failure(500), Failure(drop=True), Failure(403, "Forbidden")])
def test_a_telegram_that_refuses_is_asked_again(house: Group, telegram: FakeTelegram, failure: Failure) -> None:
    case_id = house.opens()
    telegram.fail("createForumTopic", failure)
    house.work()
    assert house.chat.topics == {}
    house.work(10)
    assert len(house.chat.topics) == 1
    assert len(house.read(house.thread(case_id))) == 1


# Who may


def test_a_member_nobody_knows_gets_a_sentence_and_nothing_happens(house: Group, telegram: FakeTelegram) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    stranger = Member(house.chat, telegram, 5550199)
    stranger.says("Bonjour", thread)
    said = answered(telegram, stranger.taps("Prendre le relais", thread))
    assert (said["text"], said["show_alert"]) == (SAYS["unlinked"], "true")
    assert "06" not in answered(telegram, stranger.taps("Son numéro", thread))["text"]
    house.work()
    assert house.read(thread)[1:] == [SAYS["unlinked"]]
    assert house.sms.texts == [] and house.owner(case_id) is None


def test_a_lead_acts_in_their_territory_only(house: Group, nour: Member) -> None:
    telegram, colleague = nour.telegram, linked(house, COLLEAGUE, 5550101)
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    colleague.says("Bonjour", thread)
    for title in ("Prendre le relais", "Son numéro", "Clore"):
        assert answered(telegram, colleague.taps(title, thread))["text"] == SAYS["not_yours"]
    house.work()
    assert house.read(thread)[1:] == [SAYS["not_yours"]]
    assert house.sms.texts == [] and house.owner(case_id) is None
    linked(house, NATIONAL, 5550102).says("Bonjour de la coordination", thread)
    nour.says("Moi aussi", thread)
    house.work()
    assert house.sms.texts == ["Bonjour de la coordination"]
    assert house.read(thread)[-1] == SAYS["other_speaker"]


def test_a_lead_who_left_acts_no_more(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    with house.database.transaction() as session:
        session.get_one(Lead, MINE).active = False
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.sms.texts == []


def test_a_number_is_shown_to_who_asks_and_never_written(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    said = answered(nour.telegram, nour.taps("Son numéro", house.thread(case_id)))
    assert said["show_alert"] and "06 39 98 00 01" in said["text"].replace("\u00a0", " ")
    house.work()
    assert not any("39" in text for text in house.read(house.thread(case_id)))


@pytest.mark.parametrize("data", ["c:1:forget", "c:999:take", "m:1:0", "x", "c:1:close:done"])
def test_a_forged_button_does_nothing(house: Group, nour: Member, data: str) -> None:
    case_id = house.opens()
    house.work()
    head = next(each for each in house.chat.messages if inline_buttons(each))
    answered(nour.telegram, nour.touches(data, head))
    with house.database.reading() as session:
        assert session.get_one(Case, case_id).closed_at is None
    assert house.owner(case_id) is None


def test_another_group_is_nobody_s_desk(house: Group, nour: Member, telegram: FakeTelegram) -> None:
    case_id = house.opens()
    house.work()
    elsewhere = telegram.group(OTHER_GROUP)
    spy = Member(elsewhere, telegram, 5550100)
    spy.says("Bonjour", house.thread(case_id))
    spy.says("Bonjour", None)
    head = next(each for each in house.chat.messages if inline_buttons(each))
    assert answered(telegram, spy.touches(f"c:{case_id}:take", head | {"chat": elsewhere.as_json()}))
    house.work()
    assert house.owner(case_id) is None and house.sms.texts == []
    assert all(each["from"]["id"] != house.bot_id for each in elsewhere.messages)


def test_an_account_is_linked_by_a_code_typed_in_private(house: Group, telegram: FakeTelegram) -> None:
    nour = Resident(telegram, 5550100, "Nour")
    with house.database.transaction() as session:
        code = lead_links.issue(session, MINE, house.clock())
    nour.says("relais-ABCDEFGH")
    nour.waits_for(words()["links"]["wrong"])
    update = nour.says(f"/start {code.lower()}")
    nour.waits_for(words()["links"]["linked"])
    telegram.bring(update)
    Resident(telegram, 5550101, "Alix").says(code)
    with house.database.reading() as session:
        assert lead_links.lead_behind(session, "5550100") == MINE
        assert lead_links.lead_behind(session, "5550101") is None
        assert session.scalars(select(Message)).all() == [], "a code is no resident's message"


def test_a_code_ends_with_its_time_with_another_and_with_the_link(database: Database, house: Group) -> None:
    now = house.clock()
    with database.transaction() as session:
        first, second = lead_links.issue(session, MINE, now), lead_links.issue(session, MINE, now)
        assert lead_links.redeem(session, "1", first, now) is None
        assert lead_links.redeem(session, "1", second, now + lead_links.LASTS) is None
        assert lead_links.redeem(session, "1", second, now) == MINE
        assert lead_links.redeem(session, "2", second, now) is None
        assert lead_links.redeem(session, "2", lead_links.issue(session, MINE, now), now) == MINE
        assert lead_links.lead_behind(session, "1") is None, "one account a lead"
        assert lead_links.redeem(session, "2", lead_links.issue(session, NATIONAL, now), now) == NATIONAL
        assert lead_links.link_of(session, MINE) is None, "one lead an account"
        lead_links.unlink(session, NATIONAL)
        assert lead_links.lead_behind(session, "2") is None


# What is not passed on


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"photo": [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}], "caption": "x"}, "words_only"),
        ({"location": {"latitude": 43.2, "longitude": 2.3}}, "words_only"),
        ({"text": "/aide"}, "how"),
        ({"text": "x" * 1501}, "too_long"),
        ({"text": "#  "}, "empty"),
    ],
)
def test_what_cannot_be_passed_on_is_said(house: Group, nour: Member, content: dict[str, Any], said: str) -> None:
    case_id = house.opens()
    house.work()
    nour.sends(house.thread(case_id), **content)
    house.work()
    assert house.read(house.thread(case_id))[1:] == [SAYS[said]]
    assert house.sms.texts == [] and house.owner(case_id) is None


def test_an_edit_does_not_reach_the_person_and_is_said_so(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.edits(nour.says("Bonjour", thread), "Bonsoir")
    house.work()
    assert house.sms.texts == ["Bonjour"]
    assert house.read(thread)[1:] == [SAYS["edited"]]


def test_other_bots_and_the_application_itself_are_not_heard(
    house: Group, nour: Member, telegram: FakeTelegram
) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    Member(house.chat, telegram, 5550300, is_bot=True).says("Publicité", thread)
    nour.sends(thread, forum_topic_edited={"name": "Un autre nom"})
    nour.sends(None, new_chat_title="Chefs de projet")
    nour.says("Entre nous", 424242)
    house.work()
    assert len(house.read(thread)) == 1 and house.read(None) == [] and house.sms.texts == []


def test_in_the_general_thread_a_sentence_is_said_once_an_hour(house: Group, nour: Member) -> None:
    for text in ("Bonjour", "Il y a quelqu'un ?"):
        nour.says(text, None)
    house.work()
    assert house.read(None) == [SAYS["general"]]
    assert house.sms.texts == []


def test_a_note_stays_among_leads(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.says("# Rappeler jeudi", house.thread(case_id))
    house.work()
    assert house.sms.texts == [] and house.owner(case_id) is None
    with house.database.reading() as session:
        assert session.get_one(Case, case_id).entries[-1].detail == {"text": "Rappeler jeudi"}


def test_who_said_stop_is_not_written_to_and_the_lead_knows(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    with house.database.transaction() as session:
        session.scalars(select(Address)).one().stopped_at = house.at
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.sms.texts == []
    assert house.read(house.thread(case_id))[1:] == [SAYS["unreachable"]]


def test_a_lead_s_message_that_does_not_arrive_is_told(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    house.sms.failures = [outbox.SendRefused("no such number")]
    nour.says("Bonjour", house.thread(case_id))
    house.work()
    assert house.read(house.thread(case_id))[-1] == SAYS["undelivered"]


# Erased, joined, moved


def test_an_erasure_takes_the_thread_away(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    thread = house.thread(case_id)
    nour.says("Bonjour", thread)
    house.work()
    with house.database.transaction() as session:
        consent.erase(session, session.get_one(Case, case_id).contact, house.at)
    house.work()
    assert thread not in house.chat.topics
    assert not any(each.get("message_thread_id") == thread for each in house.chat.messages)
    with house.database.reading() as session:
        assert session.get(CaseThread, case_id) is None


def test_a_case_that_goes_to_another_team_leaves_this_group(house: Group, telegram: FakeTelegram) -> None:
    other = telegram.group(OTHER_GROUP)
    with house.database.transaction() as session:
        session.get_one(Lead, COLLEAGUE).telegram_group = str(OTHER_GROUP)
    case_id = house.opens()
    house.work()
    assert len(house.chat.topics) == 1
    assert house.opens(lead_id=COLLEAGUE) == case_id
    house.work()
    assert house.chat.topics == {} and house.chat.messages == []
    assert list(other.topics) == [house.thread(case_id)]


def test_without_a_group_nothing_is_kept_waiting(database: Database, telegram: FakeTelegram, now: datetime) -> None:
    house = Group(database, telegram, now)
    house.at, house.sms = now, FakeChannel()  # type: ignore[attr-defined]
    house.opens(lead_id=None)
    house.work()
    assert house.telegram is not None
    house.telegram.close()
    with database.reading() as session:
        assert session.scalars(select(Job.outcome).where(Job.kind == "tell_leads_group")).all() == ["done"]


def test_facts_that_come_together_owe_one_job(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.taps("Prendre le relais", house.thread(case_id))
    for text in ("un", "deux", "trois"):
        house.hears(text)
    with house.database.reading() as session:
        waiting = select(Job).where(Job.kind == "tell_leads_group", Job.done_at.is_(None))
        assert len(session.scalars(waiting).all()) == 1
        assert all(job.sender == "telegram:leads" for job in session.scalars(waiting))


def test_the_group_takes_twenty_requests_a_minute(house: Group) -> None:
    for number in range(3):
        house.opens(f"+3363998000{number}")
    assert house.telegram is not None
    rates, kinds = house.telegram.rates(), ("tell_leads_group",)
    first = queue.claim(house.database, house.at, 60, kinds, 9, rates)
    soon = queue.claim(house.database, house.at + timedelta(seconds=1), 60, kinds, 9, rates)
    later = queue.claim(house.database, house.at + timedelta(seconds=2), 60, kinds, 9, rates)
    starts = [(job.starts_at - house.at).total_seconds() for job in (*first, *soon, *later)]
    assert starts == [0, 3]


def test_a_crash_before_the_commit_may_say_it_once_more_and_loses_nothing(house: Group, nour: Member) -> None:
    case_id = house.opens()
    house.work()
    nour.taps("Prendre le relais", house.thread(case_id))
    house.work()
    house.hears("Allô ?")
    assert house.telegram is not None
    (job,) = queue.claim(house.database, house.at, 60, ("tell_leads_group",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.telegram.threads, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.telegram.threads.tell(job)
    for seconds in (30, 31, 60):
        house.work(seconds)
    assert house.read(house.thread(case_id)).count("Samia : Allô ?") == 2
    house.telegram.threads.tell(job)
    house.work()
    assert house.read(house.thread(case_id)).count("Samia : Allô ?") == 2
