"""What a flow can do beyond speaking; one file per action."""

from collections.abc import Mapping

from flows.actions import (
    answer,
    ask_booking,
    ask_commune,
    ask_opening,
    ask_reach,
    book_appointment,
    cancel_appointment,
    check_bookings,
    correct,
    delete_my_data,
    find_named_place,
    find_places,
    hand_off,
    introduce,
    my_appointment,
    reschedule_appointment,
    save_profile,
    set_language,
    show_my_data,
    stop_messages,
    town_of_booking,
)
from flows.engine.actions import Action

ACTIONS: Mapping[str, Action] = {
    "action_answer": answer.run,
    "action_ask_booking": ask_booking.run,
    "action_ask_commune": ask_commune.run,
    "action_ask_opening": ask_opening.run,
    "action_ask_reach": ask_reach.run,
    "action_book_appointment": book_appointment.run,
    "action_cancel_appointment": cancel_appointment.run,
    "action_check_bookings": check_bookings.run,
    "action_correct": correct.run,
    "action_delete_my_data": delete_my_data.run,
    "action_find_named_place": find_named_place.run,
    "action_find_places": find_places.run,
    "action_hand_off": hand_off.run,
    "action_introduce": introduce.run,
    "action_my_appointment": my_appointment.run,
    "action_reschedule_appointment": reschedule_appointment.run,
    "action_save_profile": save_profile.run,
    "action_set_language": set_language.run,
    "action_show_my_data": show_my_data.run,
    "action_stop_messages": stop_messages.run,
    "action_town_of_booking": town_of_booking.run,
}
