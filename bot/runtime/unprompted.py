"""What the assistant says outside a turn, such as a reminder: the domain's words, as the channel shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.channels.rendering import Rendered, render
from flows.actions.wording import moment
from flows.engine.actions import ActionContext
from flows.engine.domain import Domain
from flows.engine.language import LANGUAGE_SLOT, language_in


def say_unprompted(domain: Domain, variants: Mapping[str, str], response: str, values: Mapping[str, Any]) -> Rendered:
    """A response with its values; `starts_at`, a local time, is also said in words as `at`."""
    starts_at: datetime = values["starts_at"]
    slots = {LANGUAGE_SLOT: language_in(values)}
    context = ActionContext(slots, {}, (), starts_at, None, domain)
    said = context.utter(response, at=moment(context, starts_at, str(starts_at.tzinfo)), **_words(values))
    return render(said, variants.get(str(values["channel"]), ""), slots[LANGUAGE_SLOT])


def _words(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("place", "address", "reference", "name")}
