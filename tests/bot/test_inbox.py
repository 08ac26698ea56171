"""The inbox: stored once, in order, whatever people and providers do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot import inbox
from bot.channels.base import InboundMessage
from bot.conversations import contacts
from bot.conversations.models import Address, Contact, Conversation, Message
from bot.conversations.texts import MAX_LENGTH, clean
from db.session import Database
from tests.bot.people import PHONE, arrive, inbound


def counted(database: Database, *tables: type) -> list[int]:
    with database.reading() as session:
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_message_is_stored_with_its_person(database: Database, now: datetime) -> None:
    message = inbound(
        "Salut", kind="location", payload="/x", location={"lat": 43.2, "lon": 2.35}, contact={"name": "Sam\x00"}
    )
    with database.transaction() as session:
        accepted = inbox.accept(session, message, now)
    with database.reading() as session:
        stored = session.get_one(Message, accepted.message_id)
        assert (stored.text, stored.status, stored.direction, stored.author) == ("Salut", "pending", "in", "resident")
        assert stored.content["kind"] == "location"
        assert stored.content["payload"] == "/x"
        assert stored.content["location"] == {"lat": 43.2, "lon": 2.35}
        assert stored.content["contact"] == {"name": "Sam"}
        conversation = session.get_one(Conversation, accepted.conversation_id)
        assert conversation.address.external_id == PHONE
        found = contacts.find(session, "sms", PHONE)
        assert found is conversation
        assert contacts.find(session, "telegram", PHONE) is None


def test_a_redelivery_changes_nothing(database: Database, now: datetime) -> None:
    message = inbound("Salut")
    with database.transaction() as session:
        first = inbox.accept(session, message, now)
    with database.transaction() as session:
        second = inbox.accept(session, message, now + timedelta(hours=1))
    assert (first.is_new, second.is_new) == (True, False)
    assert (second.message_id, second.conversation_id) == (first.message_id, first.conversation_id)
    assert counted(database, Message, Contact, Conversation) == [1, 1, 1]


@pytest.mark.parametrize("same_delivery", [False, True])
def test_racing_first_messages_make_one_person(database: Database, now: datetime, same_delivery: bool) -> None:
    racers = 6
    start = Barrier(racers)

    def write(number: int) -> inbox.Accepted:
        with database.transaction() as session:
            if database.dialect != "sqlite":  # there, the door itself lets one in at a time
                start.wait(10)
            return inbox.accept(session, inbound(provider_id="one" if same_delivery else str(number)), now)

    with ThreadPoolExecutor(racers) as pool:
        accepted = list(pool.map(write, range(racers)))
    assert len({one.conversation_id for one in accepted}) == 1
    new = 1 if same_delivery else racers
    assert sum(one.is_new for one in accepted) == new
    assert counted(database, Contact, Address, Conversation, Message) == [1, 1, 1, new]


def test_a_message_is_stored_while_a_turn_is_taken(database: Database, now: datetime) -> None:
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time is how SQLite works; a turn's transaction is short")
    with database.transaction() as session:
        conversation_id = arrive(session, now).id

    def write() -> bool:
        with database.transaction() as session:
            return inbox.accept(session, inbound(), now).is_new

    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        contacts.lock(session, conversation_id)
        assert pool.submit(write).result(10)


def test_a_long_text_is_cut_and_says_so(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        accepted = inbox.accept(session, inbound("é" * (MAX_LENGTH + 5)), now)
    with database.reading() as session:
        message = session.get_one(Message, accepted.message_id)
        assert len(message.text or "") == MAX_LENGTH
        assert message.content["cut_from"] == MAX_LENGTH + 5


def test_the_first_referral_stays(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        arrive(session, now, referral="AFFICHE-1")
        arrive(session, now, referral="AFFICHE-2")
        session.expire_all()
        assert conversation.contact.referral == "AFFICHE-1"


def test_writing_again_unblocks(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        conversation.address.blocked_at = now
        arrive(session, now)
        session.expire_all()
        assert conversation.address.blocked_at is None


def test_pending_conversations_are_taken_oldest_first(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        first = arrive(session, now, address="+33639980001").id
        second = arrive(session, now, address="+33639980002").id
        arrive(session, now, address="+33639980001")
        assert inbox.pending_conversations(session, now) == [first, second]
        assert inbox.pending_conversations(session, now, limit=1) == [first]


def test_a_message_that_rests_holds_back_the_later_ones(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now, "un")
        arrive(session, now, "deux")
        head = inbox.next_pending(session, conversation.id, now)
        assert head is not None
        assert head.more
        inbox.set_back(head.message, now)
        session.flush()
        assert inbox.next_pending(session, conversation.id, now) is None
        assert inbox.pending_conversations(session, now) == []
        later = now + timedelta(seconds=2)
        assert inbox.next_pending(session, conversation.id, later) == head
        assert inbox.mark_handled(session, head.message.id, later)
        assert not inbox.mark_handled(session, head.message.id, later)
        following = inbox.next_pending(session, conversation.id, now)
        assert following is not None
        assert (following.message.text, following.more) == ("deux", False)


def test_a_message_that_always_fails_is_given_up(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        conversation = arrive(session, now)
        message = session.scalars(select(Message)).one()
        for _ in range(inbox.MAX_ATTEMPTS):
            inbox.set_back(message, now)
        assert message.status == "failed"
        session.flush()
        assert inbox.next_pending(session, conversation.id, now + timedelta(days=1)) is None


@given(st.text(st.characters(exclude_categories=())))
def test_cleaned_text_can_always_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not any(ord(character) < 32 and character not in "\n\t" for character in cleaned)
    assert clean(cleaned) == cleaned


def test_what_cannot_be_stored_is_taken_out(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        odd = InboundMessage("sms", PHONE, "odd", "a\x00b\ud800c\nd\te\x07", payload="/p\x00", referral="R\x00" * 80)
        accepted = inbox.accept(session, odd, now)
    with database.reading() as session:
        message = session.get_one(Message, accepted.message_id)
        assert message.text == "ab\ufffdc\nd\te"
        assert message.content["payload"] == "/p"
        assert session.get_one(Conversation, message.conversation_id).contact.referral == "R" * 64
