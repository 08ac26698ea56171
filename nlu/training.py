"""Reads Rasa NLU training data (YAML 3.1): intents, lookups, synonyms, regexes.

Everything that is not `nlu:` (stories, rules, responses) is passed over, so that any Rasa project's folder can
be read as it is.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from nlu.errors import DataError

SUFFIXES = frozenset({".yml", ".yaml"})
KINDS = ("intent", "lookup", "synonym", "regex")
BULLETS = ("- ", "* ", "+ ")

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ANNOTATION = re.compile(
    r"\[(?P<text>[^\[\]]+)\](?:\((?P<entity>[^:()]+)(?::(?P<value>[^()]*))?\)|(?P<object>\{[^{}]*\}))"
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """An entity marked in an example; offsets in the example's plain text. `role` and `group` as Rasa has them."""

    entity: str
    start: int
    end: int
    value: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled sentence, without its marks, and where it stands."""

    text: str
    intent: str
    annotations: tuple[Annotation, ...]
    where: str


@dataclass(frozen=True)
class TrainingData:
    """All that was read. `synonyms` goes from what people write to the canonical value; `regexes` are patterns."""

    examples: tuple[Example, ...] = ()
    lookups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def intents(self) -> list[str]:
        return sorted({example.intent for example in self.examples})


def find_files(paths: Path | Iterable[Path]) -> list[Path]:
    """The YAML files of a folder (deeply), a file, or several of either, in a stable order."""
    files: set[Path] = set()
    for path in [paths] if isinstance(paths, Path) else paths:
        if path.is_dir():
            files.update(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
        elif path.is_file():
            files.add(path)
        else:
            raise DataError(str(path), "there is no such file or folder", "Check the path")
    return sorted(files)


def read(paths: Path | Iterable[Path]) -> TrainingData:
    """Reads and merges training data; raises `DataError` with the place and the cure."""
    examples: list[Example] = []
    lookups: dict[str, list[str]] = {}
    regexes: dict[str, list[str]] = {}
    synonyms: dict[str, str] = {}
    for file in find_files(paths):
        for block in _blocks(file):
            if block.kind == "intent":
                for line, text in block.lines:
                    example = parse_example(text, block.name, f"{file}:{line}")
                    examples.append(example)
                    for mark in example.annotations:
                        surface = example.text[mark.start : mark.end]
                        if mark.value != surface:
                            synonyms.setdefault(surface, mark.value)
            elif block.kind in ("lookup", "regex"):
                table = lookups if block.kind == "lookup" else regexes
                table.setdefault(block.name, []).extend(text for _, text in block.lines)
            elif block.kind == "synonym":
                synonyms.update({text: block.name for _, text in block.lines})
    return TrainingData(tuple(examples), _once(lookups), synonyms, _once(regexes))


def _once(table: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(dict.fromkeys(words)) for name, words in table.items()}


def parse_example(marked: str, intent: str, where: str) -> Example:
    """Takes the `[text](entity)` and `[text]{"entity": ...}` marks out of an example."""
    plain: list[str] = []
    annotations: list[Annotation] = []
    position = length = 0
    for match in _ANNOTATION.finditer(marked):
        before = marked[position : match.start()]
        surface = match["text"]
        entity, value, role, group = _mark(match, where)
        plain += [before, surface]
        start = length + len(before)
        length = start + len(surface)
        position = match.end()
        annotations.append(Annotation(entity, start, length, value, role, group))
    plain.append(marked[position:])
    return Example("".join(plain), intent, tuple(annotations), where)


def _mark(match: re.Match[str], where: str) -> tuple[str, str, str | None, str | None]:
    """Entity, value, role and group."""
    surface = match["text"]
    if match["object"] is None:
        return match["entity"].strip(), match["value"] or surface, None, None
    cure = 'Write [text]{"entity": "name", "value": "value"}'
    try:
        mark = json.loads(match["object"])
    except ValueError:
        raise DataError(where, f"{match['object']} is not a JSON object", cure) from None
    if not isinstance(mark.get("entity"), str):
        raise DataError(where, f"{match['object']} names no entity", cure)
    role, group = (str(mark[name]) if mark.get(name) else None for name in ("role", "group"))
    return mark["entity"], str(mark.get("value") or surface), role, group


@dataclass(frozen=True, slots=True)
class _Block:
    kind: str
    name: str
    lines: list[tuple[int, str]]


def _blocks(file: Path) -> Iterator[_Block]:
    """The sections under `nlu:`, each with its numbered lines."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = f"not YAML: {error.problem or 'unreadable'}"
        raise DataError(f"{file}:{line}", what, "Check the indentation and the quotes") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(str(file), f"not YAML: {error}", "Save the file as UTF-8 text") from None
    if not isinstance(root, yaml.MappingNode):
        return
    for key, section in root.value:
        if key.value != "nlu":
            continue
        if not isinstance(section, yaml.SequenceNode):
            raise DataError(_at(file, section), "`nlu:` is not a list", "Start each section with `- intent:`")
        for node in section.value:
            yield _block(file, node)


def _block(file: Path, node: yaml.Node) -> _Block:
    cure = "Write `- intent: name` (or lookup, synonym, regex) then `examples: |`"
    if not isinstance(node, yaml.MappingNode):
        raise DataError(_at(file, node), "this section is not a mapping", cure)
    parts = {key.value: value for key, value in node.value}
    kind = next((kind for kind in KINDS if kind in parts), None)
    if kind is None:
        raise DataError(_at(file, node), f"unknown section ({', '.join(parts) or 'empty'})", cure)
    name = parts[kind]
    if not isinstance(name, yaml.ScalarNode) or not name.value.strip():
        raise DataError(_at(file, name), f"this {kind} has no name", cure)
    if "examples" not in parts:
        raise DataError(_at(file, node), f"{kind} {name.value} has no examples", cure)
    return _Block(kind, name.value.strip(), list(_lines(file, parts["examples"])))


def _lines(file: Path, node: yaml.Node) -> Iterator[tuple[int, str]]:
    """The bullets of an `examples:` block, or of Rasa's long form (`- text: |`)."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _long_form(file, item)
        return
    if not isinstance(node, yaml.ScalarNode):
        raise DataError(_at(file, node), "examples are neither text nor a list", "Write `examples: |`")
    first = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    for offset, raw in enumerate(node.value.split("\n")):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not f"{line} ".startswith(BULLETS):
            raise DataError(f"{file}:{first + offset}", f"“{line}” has no bullet", "Start the line with `- `")
        if line[1:].strip():
            yield first + offset, line[1:].strip()


def _long_form(file: Path, item: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(item, yaml.MappingNode):
        texts = [value for key, value in item.value if key.value == "text"]
    else:
        texts = [item]
    for text in texts:
        if not isinstance(text, yaml.ScalarNode):
            raise DataError(_at(file, text), "this example is not text", "Write `- text: |`")
        for line in text.value.splitlines():
            plain = line.strip()
            if plain.startswith(BULLETS):
                plain = plain[2:].strip()
            if plain:
                yield text.start_mark.line + 1, plain


def _at(file: Path, node: yaml.Node) -> str:
    return f"{file}:{node.start_mark.line + 1}"
