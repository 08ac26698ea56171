"""Conditions of flows, in the predicate language of Rasa CALM: `slots.age >= 18 and not slots.phone`.

condition := or;  or := and ("or" and)*;  and := unary ("and" unary)*
unary := "not" unary | "(" condition ")" | operand [comparison operand]
comparison := = == is | != is not | < <= > >= | contains | matches
operand := slots.name | context.name | number | 'text' | "text" | true | false | null | empty
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<op>==|!=|<=|>=|=|<|>|\(|\))|(?P<word>[A-Za-z_][\w.]*))""")  # fmt: skip  # noqa: E501
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "undefined": None, "empty": None}


class ConditionError(ValueError):
    """This condition cannot be read."""


def _equal(left: Any, right: Any) -> bool:
    if right is None:
        return left is None or left == "" or left == []
    return bool(left == right)


def _guarded(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """False for null and for values that cannot be compared: a condition never breaks a turn."""

    def check(left: Any, right: Any) -> bool:
        try:
            return left is not None and right is not None and compare(left, right)
        except TypeError:
            return False

    return check


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _guarded(lambda left, right: left < right),
    "<=": _guarded(lambda left, right: left <= right),
    ">": _guarded(lambda left, right: left > right),
    ">=": _guarded(lambda left, right: left >= right),
    "contains": _guarded(lambda left, right: right in left),
    "matches": _guarded(lambda left, right: re.search(right, left) is not None),
}
_SPELLINGS = {"==": "=", "is": "=", "is not": "!=", "equals": "="}

Evaluator = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Condition:
    """A readable condition: `holds` says whether it is true, `names` lists the slots it looks at."""

    source: str
    names: frozenset[str]
    _evaluate: Evaluator

    def holds(self, slots: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
        """True when the condition is met; an unset slot is null."""
        return bool(self._evaluate(slots, context))


def parse(source: str) -> Condition:
    """Reads a condition; raises ConditionError saying where it stops making sense."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = self._tokens(source)
        self.position = 0
        self.names: set[str] = set()

    @staticmethod
    def _tokens(source: str) -> list[tuple[str, str]]:
        tokens, at, end = [], 0, len(source.rstrip())
        while at < end:
            match = _TOKEN.match(source, at)
            if not match or not match.lastgroup:
                raise ConditionError(f"cannot read «{source[at:].strip()}»")
            tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        return tokens

    def parse(self) -> Condition:
        evaluate = self._or()
        if self.position < len(self.tokens):
            raise ConditionError(f"«{self._peek()[1]}» was not expected")
        return Condition(self.source, frozenset(self.names), evaluate)

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "the end")

    def _take(self, *spellings: str) -> bool:
        if self._peek()[1].lower() in spellings and self._peek()[0] != "text":
            self.position += 1
            return True
        return False

    def _or(self) -> Evaluator:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda s, c: any(part(s, c) for part in parts)

    def _and(self) -> Evaluator:
        parts = [self._unary()]
        while self._take("and"):
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else lambda s, c: all(part(s, c) for part in parts)

    def _unary(self) -> Evaluator:
        if self._take("not"):
            inner = self._unary()
            return lambda s, c: not inner(s, c)
        if self._take("("):
            inside = self._or()
            if not self._take(")"):
                raise ConditionError("a parenthesis is not closed")
            return inside
        left = self._operand()
        kind, word = self._peek()
        if kind in ("op", "word") and word.lower() in {*_COMPARISONS, *_SPELLINGS}:
            self.position += 1
            name = word.lower()
            if name == "is" and self._take("not"):
                name = "is not"
            compare = _COMPARISONS[_SPELLINGS.get(name, name)]
            if name == "matches":
                self._check_pattern()
            right = self._operand()
            return lambda s, c: compare(left(s, c), right(s, c))
        return left

    def _check_pattern(self) -> None:
        kind, word = self._peek()
        try:
            re.compile(word[1:-1] if kind == "text" else "(")
        except re.error:
            raise ConditionError(f"«{word}» is no quoted regular expression") from None

    def _operand(self) -> Evaluator:
        kind, word = self._peek()
        self.position += 1
        if kind == "text":
            return lambda s, c: word[1:-1]
        if kind == "number":
            number = float(word) if "." in word else int(word)
            return lambda s, c: number
        if kind == "word" and word.lower() in _CONSTANTS:
            value = _CONSTANTS[word.lower()]
            return lambda s, c: value
        scope, _, name = word.partition(".")
        if kind == "word" and scope == "slots" and name:
            self.names.add(name)
            return lambda s, c: s.get(name)
        if kind == "word" and scope == "context" and name:
            return lambda s, c: c.get(name)
        raise ConditionError(f"«{word}» is neither slots.…, context.…, a number, a quoted text nor null")
