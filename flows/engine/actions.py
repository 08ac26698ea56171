"""What an action sees and gives back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.engine.domain import Domain
from flows.engine.events import BotUttered, Choice, Event
from flows.engine.speech import utter


@dataclass(frozen=True)
class ActionContext:
    """An action's view of the turn. It reads; what it wants changed it returns as events.

    context: what the command handed to the pattern that runs. tools: what the runtime hands to actions.
    may_skip: of the question the action asks, False where the flow turns "no answer" down. goes_on: the same pattern
    runs again afterwards, in this turn.
    """

    slots: Mapping[str, Any]
    context: Mapping[str, Any]
    last_uttered: Sequence[Mapping[str, Any]]
    now: datetime
    tools: Any
    domain: Domain
    may_skip: bool = True
    goes_on: bool = False

    def utter(
        self,
        response: str,
        *,
        choices: Sequence[Choice] | None = None,
        attachments: Sequence[Mapping[str, Any]] = (),
        asks: str | None = None,
        **arguments: Any,
    ) -> BotUttered:
        """The event that says a response of the domain with these values."""
        return utter(
            self.domain,
            response,
            slots=self.slots,
            context=self.context,
            arguments=arguments,
            choices=choices,
            attachments=attachments,
            asks=asks,
        )


Action = Callable[[ActionContext], Iterable[Event]]
