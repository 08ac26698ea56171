"""Says again aloud what was said, or where it can be listened to."""

from collections.abc import Iterable

from flows.actions.tools import Tools
from flows.engine.actions import ActionContext
from flows.engine.events import Event


def run(context: ActionContext) -> Iterable[Event]:
    """The message of the context's `of`, or the last ones, as sound, with what could be tapped under them."""
    tools: Tools = context.tools
    if tools.listening.where != "here":
        yield context.utter(f"utter_listen_{tools.listening.where}", site_url=tools.service.site_url)
        return
    heard = tools.listening.find(context.context.get("of"))
    if heard is None:
        yield context.utter("utter_nothing_to_listen")
        return
    sound = {"kind": "sound", "of": list(heard.message_ids)}
    yield context.utter("utter_sound", choices=heard.choices, attachments=[sound])
