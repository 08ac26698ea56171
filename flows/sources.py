"""YAML files with their lines: every mapping and list knows where it stands, so that an error can say so."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from flows.engine.errors import AuthoringError, Problem


class LineDict(dict[Any, Any]):
    """A mapping and where it stands; `line_of(key)` is where a key stands. Lines count from 1."""

    def __init__(self, line: int = 1) -> None:
        super().__init__()
        self.line = line
        self.key_lines: dict[Any, int] = {}

    def line_of(self, key: Any) -> int:
        """The line of a key, the mapping's own when the key is absent."""
        return self.key_lines.get(key, self.line)


class LineList(list[Any]):
    """A list and where each item stands."""

    def __init__(self, line: int = 1) -> None:
        super().__init__()
        self.line = line
        self.item_lines: list[int] = []


class _Loader(yaml.CSafeLoader):
    pass


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Any:
    result = LineDict(node.start_mark.line + 1)
    yield result
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            what = "a key cannot be a mapping or a list; quote a text that begins with a brace"
            raise yaml.constructor.ConstructorError(None, None, what, key_node.start_mark)
        if key in result:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)
        result.key_lines[key] = key_node.start_mark.line + 1


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> Any:
    result = LineList(node.start_mark.line + 1)
    result.item_lines = [item.start_mark.line + 1 for item in node.value]
    yield result
    result.extend(loader.construct_object(item, deep=True) for item in node.value)


def _timestamp(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except (ValueError, AttributeError):  # the second for "!!timestamp soon"
        return node.value  # "2026-13-45": who wants a date says, with its line, that it is none


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def read(path: Path, root: Path | None = None) -> LineDict:
    """A YAML file whose top is a mapping; raises AuthoringError naming file and line."""
    name = display(path, root)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a safe loader, with lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise AuthoringError([Problem(name, line, f"not YAML: {error.problem}", "check the indentation")]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AuthoringError([Problem(name, 1, f"cannot be read: {error}", "save it as UTF-8 text")]) from None
    if not isinstance(data, LineDict):
        raise AuthoringError([Problem(name, 1, "the top is not a mapping", "begin with a key such as flows:")])
    return data


def mappings(value: Any) -> list[LineDict] | None:
    """The mappings of a list, none when there is no list; None when it is something else than a list of mappings."""
    if value is None:
        return []
    good = isinstance(value, LineList) and all(isinstance(item, LineDict) for item in value)
    return list(value) if good else None


def display(path: Path, root: Path | None = None) -> str:
    """The path as an author knows it: from the project's folder when it is inside."""
    base = (root or Path.cwd()).resolve()
    resolved = path.resolve()
    return str(resolved.relative_to(base)) if resolved.is_relative_to(base) else str(path)


def is_said(text: object) -> bool:
    """Whether a value has words to say. YAML reads nothing as None and a bare No as False, which nobody shall read."""
    return isinstance(text, str) and bool(text.strip())
