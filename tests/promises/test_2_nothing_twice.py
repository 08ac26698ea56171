"""Nothing twice: a provider that delivers everything again, at once or much later, changes nothing."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from bot.conversations.models import Message
from db.session import Database
from tests.promises.house import House, Person, Step
from tests.promises.questions import BOOKED
from tests.tables import import_tables

DIALOGUE: Sequence[Step] = (
    "bonjour", *BOOKED, "/reschedule_appointment", 1, "/talk_to_human", "/cancel_appointment",
    "/SetSlots(confirm_cancel=true)",
)  # fmt: skip


def everything(database: Database) -> list[str]:
    """Every row of every table."""
    import_tables()
    with database.engine.connect() as connection:
        return [
            json.dumps([table, *map(str, row)])
            for table in sorted(inspect(connection).get_table_names())
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        ]


def test_everything_delivered_again_changes_nothing(person: Person) -> None:
    house = person.house
    sent: list[tuple[str, dict[str, Any]]] = []
    for rank, step in enumerate(DIALOGUE):
        payload = person.choices[step]["payload"] if isinstance(step, int) else step
        fields: dict[str, Any] = (
            {"kind": "choice", "payload": payload} if payload.startswith("/") else {"text": payload}
        )
        sent.append((f"delivery-{rank}", fields))
        first = person.send(id=sent[-1][0], **fields)
        again = person.send(id=sent[-1][0], **fields)
        assert (first.is_new, again.is_new, again.message_id) == (True, False, first.message_id)
        assert person.listen()
    assert house.mailbox.facts == ["booking", "moved", "handoff", "cancelled"]
    before, mails, sms = everything(house.database), len(house.mailbox.mails), len(house.telephone.sent)
    for provider_id, fields in reversed(sent):
        assert not person.send(id=provider_id, **fields).is_new
    assert person.listen() == []
    assert everything(house.database) == before
    assert (len(house.mailbox.mails), len(house.telephone.sent)) == (mails, sms)


def test_the_database_itself_refuses_a_second_message_of_one_id(person: Person) -> None:
    person.send("bonjour", id="the-same")
    with pytest.raises(IntegrityError), person.house.database.transaction() as session:
        first = session.scalars(select(Message).where(Message.provider_id == "the-same")).one()
        session.add(
            Message(
                conversation_id=first.conversation_id, direction="in", author="resident", channel=first.channel,
                provider_id="the-same", text="bonjour", status="pending", created_at=first.created_at,
            )
        )  # fmt: skip


def test_a_message_given_to_two_processes_is_answered_once(house: House, person: Person) -> None:
    person.do("bonjour")
    person.send("merci")
    other = House(house.database, house.mind, house.time.now)
    for each in (house, other):
        each.taker.take(person.conversation_id)
    assert [heard.response for heard in person.listen()] == ["utter_thanks"]
