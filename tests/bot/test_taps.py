"""A tapped choice sets what a button of ours carries; whatever else a payload holds is left out."""

import pytest

from bot.channels.base import InboundMessage
from bot.runtime.reading import Reading
from flows.engine.state import DialogueState
from tests.bot.listener import BOOKING, CARCASSONNE, TODAY, Heard, idle, interpreter, waiting

STAGE = waiting("qualify_project", "stage")


def tap(payload: str, state: DialogueState) -> list[str]:
    """The commands of a tap."""
    inbound = InboundMessage("web", "someone", "1", text="", payload=payload, kind="choice")
    return Heard(interpreter().read(Reading(inbound, None, TODAY, first_time=False), state)).lines


@pytest.mark.parametrize(
    ("state", "payload", "expected"),
    [
        (STAGE, "/SetSlots(stage=ready)", ["SetSlot stage=ready"]),
        (idle(), "/SetSlots(idea=Pas encore d'idée)", ["SetSlot idea=Pas encore d'idée"]),
        (idle(), "/SetSlots(confirm_cancel=true)", ["SetSlot confirm_cancel=true"]),
        (idle(), '/find_place{"wanted_kind": "bus"}', ["SetSlot wanted_kind=bus", "StartFlow find_place"]),
        (idle(commune=CARCASSONNE), '/find_place{"commune": null}', ["SetSlot commune=None", "StartFlow find_place"]),
        (idle(), "/SetSlots(commune=62498)", ["SetSlot commune=Lens"]),
        # Made from rows: on the screen now, or of the form of one that was.
        (BOOKING, "/SetSlots(opening=r9)", ["SetSlot opening=r9"]),
        (idle(), "/SetSlots(opening=12@2026-12-01T13:00Z)", ["SetSlot opening=12@2026-12-01T13:00Z"]),
        (idle(), "/SetSlots(booking=7)", ["SetSlot booking=7"]),
    ],
)
def test_a_button_sets_what_it_carries(state: DialogueState, payload: str, expected: list[str]) -> None:
    assert tap(payload, state) == expected


@pytest.mark.parametrize(
    "payload",
    [
        f"/SetSlots(handoff_reason={'x' * 40})",
        "/SetSlots(opening_status=booked)",
        "/SetSlots(lead_spoke=true)",
        "/SetSlots(language=tr)",
        "/SetSlots(name=Mallory)",
        "/SetSlots(phone=+33639980000)",
        "/SetSlots(stage=tomorrow)",
        "/SetSlots(sector=whatever I like)",
        "/SetSlots(wanted_kind=palace)",
        "/SetSlots(commune=99999)",
        "/SetSlots(opening=99999999999999999999@2026-12-01T13:00Z)",
        "/SetSlots(opening=none)",
        "/SetSlots(booking=99999999999999999999)",
        "/SetSlots(no_such_slot=1)",
    ],
)
def test_what_no_button_carries_is_not_set(payload: str) -> None:
    assert tap(payload, idle(commune=CARCASSONNE)) == ["CannotHandle not_understood"]


def test_the_rest_of_a_forged_button_still_acts() -> None:
    assert tap('/talk_to_human{"handoff_reason": "internal_error", "location": {"lat": 0, "lon": 0}}', idle()) == [
        "StartFlow talk_to_human"
    ]
