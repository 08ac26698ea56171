"""Dialogues as data: the YAML files of this folder, read into scenarios. README.md says what may stand in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden"
CHANNELS = ("web", "sms", "telegram")
"""Where a dialogue is played whose file names no channel."""
SHOWN_ON = (*CHANNELS, "whatsapp")
"""Where a dialogue is played whose transcript is kept."""

DOES = frozenset(
    {"user", "payload", "choose", "location", "contact", "media", "at", "lead", "taken", "new_flows", "phone"}
)
"""What may happen at a step; at most one of them a step."""
EXPECTS = frozenset({"utter", "bot", "not_bot", "choices", "not_choices", "slot_was_set", "silent"})
"""What may be expected at a step, of what was said last or of what was just remembered."""
WITH = frozenset({"id", "referral", "does", "text", "outcome"})
GIVEN = frozenset({"now", "territory", "full", "away", "bookings", "other_bookings", "broken", "known", "unsure"})
THEN = frozenset(
    {"bookings", "cases", "notifications", "stopped", "erased", "messages_after", "slots", "exercises", "referral"}
)


@dataclass(frozen=True)
class Scenario:
    """One dialogue: what is the case, what happens and is said, and what has come of it."""

    file: str
    name: str
    channels: tuple[str, ...]
    databases: tuple[str, ...]
    golden: bool
    given: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    then: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The file's name without its end; for a file of several cases, the case's name as well."""
        return Path(self.file).stem

    def transcript(self, channel: str) -> Path:
        """Where the golden transcript of this scenario stands."""
        return GOLDEN / f"{self.stem}.{channel}.txt"


def scenarios() -> list[Scenario]:
    """Every scenario of the folder, in order of file."""
    return [scenario for path in sorted(FOLDER.glob("*.yml")) for scenario in read(path)]


def read(path: Path) -> Iterator[Scenario]:
    """The scenarios of one file; raises ValueError naming what cannot be understood in it."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    _only(data, {"channels", "databases", "golden", "test_cases"}, path.name)
    for case in data["test_cases"]:
        where = f"{path.name}: {case.get('test_case')}"
        _only(case, {"test_case", "given", "steps", "then"}, where)
        _only(case.get("given") or {}, GIVEN, f"{where}, given")
        _only(case.get("then") or {}, THEN, f"{where}, then")
        for step in case["steps"]:
            _only(step, DOES | EXPECTS | WITH, f"{where}, steps")
            if len(set(step) & DOES) + len(set(step) & EXPECTS) != 1:
                raise ValueError(f"{where}: a step does or expects one thing, not {sorted(step)}")
        yield Scenario(
            file=path.name,
            name=case["test_case"],
            channels=tuple(data.get("channels") or (SHOWN_ON if data.get("golden") else CHANNELS)),
            databases=tuple(data.get("databases") or ("sqlite",)),
            golden=bool(data.get("golden")),
            given=case.get("given") or {},
            steps=tuple(case["steps"]),
            then=case.get("then") or {},
        )


def _only(data: Mapping[str, Any], known: frozenset[str] | set[str], where: str) -> None:
    unknown = set(data) - known
    if unknown:
        raise ValueError(f"{where}: unknown keys {sorted(unknown)}; known are {sorted(known)}")
