"""A reply that points at one of the choices offered: its number, its words, its rank ("la 2e", "le dernier")."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from bot.runtime import payloads, texts
from flows.engine.events import Choice

LAST = "last"


class Pointing:
    """Reads replies that point. `words` is the `pointing` table of keywords.yml."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self.around: Set[str] = frozenset(words["around"])
        self.ranks: Mapping[str, str] = {
            texts.fold(str(word)): str(rank) for rank, spellings in words["ranks"].items() for word in spellings
        }
        self.any: Mapping[str, Set[str]] = {slot: frozenset(spellings) for slot, spellings in words["any"].items()}

    def choose(self, text: str, menu: Sequence[Choice], asked: str | None) -> str | None:
        """The payload of the choice a text points at; None when it points at none."""
        folded = texts.fold(text)
        if not folded or not menu:
            return None
        if named := next((choice.payload for choice in menu if texts.fold(choice.title) == folded), None):
            return named
        answers = answering(menu, asked)
        if answers and folded in self.any.get(str(asked), ()):
            return answers[0].payload
        ends = [choice.payload for choice in answers if f" {texts.fold(choice.title)}".endswith(f" {folded}")]
        return self._at(self._rank(folded), menu, answers) or (ends[0] if len(ends) == 1 else None)

    def _rank(self, folded: str) -> str | None:
        """The number or rank left once the words around it are taken off."""
        if folded in self.ranks or folded.isdecimal():
            return self.ranks.get(folded, folded)
        left = [word for word in folded.split() if word not in self.around]
        if len(left) != 1:
            return self.ranks.get(" ".join(left))
        return left[0] if left[0].isdecimal() else self.ranks.get(left[0])

    def _at(self, rank: str | None, menu: Sequence[Choice], answers: Sequence[Choice]) -> str | None:
        if rank == LAST:
            return (answers or menu)[-1].payload
        if rank is None or not 0 < int(rank) <= len(menu):
            return None
        return menu[int(rank) - 1].payload


def answering(menu: Iterable[Choice], asked: str | None) -> list[Choice]:
    """The choices that answer the question asked, "skip" and the like left aside."""
    return [choice for choice in menu if asked and asked in _slots(choice)]


def _slots(choice: Choice) -> Mapping[str, Any]:
    parsed = payloads.parse(choice.payload)
    return parsed.slots if parsed else {}
