"""What can go wrong with authored flows.

FlowsError
└── AuthoringError      a file cannot be used: carries every problem as file:line: what; cure
"""

from collections.abc import Sequence
from dataclasses import dataclass


class FlowsError(Exception):
    """The flows cannot do what was asked."""


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of an authored file, where it is and how to mend it."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.cure}"


class AuthoringError(FlowsError):
    """Authored files cannot be used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
