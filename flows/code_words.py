"""Names of responses and patterns that our own source mentions, so that a text nobody says is found."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.sources import display

HERE = Path(__file__).parent
CODE = (HERE / "actions", HERE / "engine", HERE.parent / "bot", HERE.parent / "desk")
"""Where residents' texts are named outside the flows; read as text, never imported."""

_NAME = re.compile(r"(?:utter|pattern)_[a-z]\w*")
_PREFIX = re.compile(r"utter_(?!ask_$)[a-z]\w*_")
_OPTIONS = {"choices", "attachments", "asks"}
Place = tuple[str, int]


@dataclass
class CodeWords:
    """names: where each is first mentioned. prefixes: of names put together at run time. arguments: values given."""

    names: dict[str, Place] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)

    def mentions(self, response: str) -> bool:
        """True when the source may say this response."""
        return response in self.names or any(response.startswith(prefix) for prefix in self.prefixes)

    def starting(self, prefix: str) -> Mapping[str, Place]:
        """The names of one kind."""
        return {name: place for name, place in self.names.items() if name.startswith(prefix)}


def scan(folders: Iterable[Path] = CODE) -> CodeWords:
    """What the .py and .yml files below these folders mention."""
    words = CodeWords()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            _scan_python(words, path)
        for path in sorted(folder.rglob("*.yml")):
            _scan_text(words, path)
    return words


def _scan_text(words: CodeWords, path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for name in re.findall(rf"\b{_NAME.pattern}", line):
            words.names.setdefault(name, (display(path), number))


def _scan_python(words: CodeWords, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {id(part) for node in ast.walk(tree) for part in _apart(node)}
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if _PREFIX.fullmatch(start):
                words.prefixes.add(start)
            case ast.Constant(value=str(name)) if id(node) not in apart and _NAME.fullmatch(name):
                words.names.setdefault(name, (display(path), node.lineno))
            case ast.Call():
                words.arguments.update(_arguments(node))


def _apart(node: ast.AST) -> list[ast.expr]:
    """Texts that are no name by themselves: pieces of a name, and what an action calls words of its own making."""
    if isinstance(node, ast.JoinedStr):
        return node.values
    made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BotUttered"
    return node.args if isinstance(node, ast.Call) and made else []


def _arguments(call: ast.Call) -> Iterator[str]:
    """The values a call hands to a response: `utter("utter_hello", name=…)`."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function == "utter":
        yield from (keyword.arg for keyword in call.keywords if keyword.arg and keyword.arg not in _OPTIONS)
