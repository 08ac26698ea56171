"""Every question the flows ask, and how to come to it: where promises that hold at any moment are tried."""

from collections.abc import Mapping, Sequence

from flows.engine.model import CollectStep
from flows.loader import load_flows
from tests.promises.house import CARCASSONNE, Step

Question = tuple[str, str]
"""A flow and the slot it asks."""

HERE = f"/SetSlots(commune={CARCASSONNE})"
BOOKED: Sequence[Step] = ("/book_appointment", HERE, 0, "Amina")
BOOKED_TWICE: Sequence[Step] = (*BOOKED, "/book_appointment", 1)
PROJECT = ("idea", "sector", "stage", "situation", "need", "commune", "age_band", "name", "reach")

QUESTIONS: Mapping[Question, Sequence[Step]] = {
    ("find_place", "commune"): ("/find_place",),
    ("book_appointment", "commune"): ("/book_appointment",),
    ("book_appointment", "opening"): ("/book_appointment", HERE),
    ("book_appointment", "name"): ("/book_appointment", HERE, 0),
    ("reschedule_appointment", "booking"): (*BOOKED_TWICE, "/reschedule_appointment"),
    ("reschedule_appointment", "commune"): (*BOOKED, "/reschedule_appointment", "non c'est saint denis"),
    ("reschedule_appointment", "opening"): (*BOOKED, "/reschedule_appointment"),
    ("cancel_appointment", "booking"): (*BOOKED_TWICE, "/cancel_appointment"),
    ("cancel_appointment", "confirm_cancel"): (*BOOKED, "/cancel_appointment"),
    ("change_language", "language_choice"): ("/change_language",),
    ("delete_my_data", "confirm_erasure"): ("/delete_my_data",),
    ("join_phones", "join_step"): ("/join_phones",),
    ("join_phones", "join_code"): ("/join_phones", 1),
    ("talk_to_human", "commune"): ("/talk_to_human",),
    **{("qualify_project", slot): ("/start_qualification", *["/skip"] * rank) for rank, slot in enumerate(PROJECT)},
    ("qualify_project", "phone"): ("/start_qualification", *["/skip"] * 8, "/SetSlots(reach=phone)"),
}

FREE = frozenset({"idea", "sector", "name"})
"""Questions that take any words."""


def asked_by_the_flows() -> set[Question]:
    """Every question of every flow a person can be in."""
    return {
        (flow.id, step.slot)
        for flow in load_flows().values()
        for step in flow.steps
        if isinstance(step, CollectStep) and not flow.is_pattern
    }
