"""Strict YAML: a document as plain values, with the line of every key, and every fault found instead of the first.

Only what a configuration needs: mappings, lists, text, numbers, true/false, null. The words and numbers of YAML 1.2's
core schema count, not those of 1.1, so that ``no`` stays text and ``12:30`` does not become 750.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from debros.config.problems import Fault, KeyPath, Problem, printable

# A configuration has two hundred lines; these bounds only stop a mistaken file (or an alias bomb) from eating memory.
_MAX_BYTES = 1_048_576
_MAX_NODES = 20_000

# Words of a YAML error that quote the file. The file may hold keys, and an error text must not.
_QUOTED = re.compile(r"(?P<what>alias|anchor|handle) '[^']*'(?:; first occurrence)?")


class _Composer(yaml.SafeLoader):
    """PyYAML's scanner and parser with the core schema's words for null, true/false and numbers."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- PyYAML's own attribute


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,39})", list("-+0123456789")),
    ("float", r"[-+]?[0-9]+\.[0-9]+", list("-+0123456789")),
):
    _Composer.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), _first)


@dataclass
class Document:
    """What a YAML text says.

    Attributes:
        value: the top mapping.
        lines: the line of each key and list item, counted from 1.
        problem: what is wrong with the text as a whole; then ``value`` is empty.
        faults: what is wrong at single places of it.
    """

    value: dict[str, Any] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problem: Problem | None = None
    faults: list[Fault] = field(default_factory=list)


def read(path: Path) -> tuple[str, Problem | None]:
    """Read a file's text.

    Returns:
        The text, and what kept it from being read.
    """
    name = printable(path)
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return "", Problem(name, "file not found", "write one with: network-cli config init")
    except IsADirectoryError:
        return "", Problem(name, "is a directory", "give the path of a YAML file")
    except OSError as error:
        return "", Problem(name, f"cannot read: {error.strerror}", "check the owner and mode of the file")
    if len(raw) > _MAX_BYTES:
        return "", Problem(name, f"too large; a configuration file has at most {_MAX_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return "", Problem(name, f"not UTF-8 text (line {line})", "save the file as UTF-8", line)


def parse(text: str, name: str) -> Document:
    """Read a YAML text.

    Args:
        text: the text.
        name: what to call it in problems that concern it as a whole, usually the file's name.

    Returns:
        The document. Nothing is raised: the problems are in it.
    """
    document = Document()
    try:
        root = _Composer(text).get_single_node()
        if root is None or _is_null(root):
            document.problem = Problem(name, "file is empty", "write one with: network-cli config init")
        elif not isinstance(root, yaml.MappingNode):
            got = "a list" if isinstance(root, yaml.SequenceNode) else "a single value"
            document.problem = Problem(name, "expected a mapping at the top", f"got {got}")
        else:
            document.value = _Walker(document, name).mapping(root, ())
    except yaml.YAMLError as error:
        document.problem = _syntax_problem(error, text, name)
    except RecursionError:
        document.problem = Problem(name, "invalid YAML: nested too deeply")
    except _TooLargeError:
        document.problem = Problem(name, f"too many values; at most {_MAX_NODES}")
    return document


class _TooLargeError(Exception):
    """The document has too many nodes."""


class _Walker:
    """Turns YAML nodes into plain values, noting lines and faults on the way."""

    def __init__(self, document: Document, name: str) -> None:
        self._document = document
        self._name = name
        self._nodes = 0

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise _TooLargeError
        if isinstance(node, yaml.MappingNode):
            self._refuse_tag(node, path, "map")
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._refuse_tag(node, path, "seq")
            values = []
            for index, child in enumerate(node.value):
                self._document.lines[*path, index] = _line(child)
                values.append(self.value(child, (*path, index)))
            return values
        return self._scalar(node, path)

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, child in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._fault(path, f"a key must be plain text (line {line})", "", line)
                continue
            key_path = (*path, str(key_node.value))
            first = self._document.lines.setdefault(key_path, line)
            if key_node.value in values:
                self._fault(key_path, f"duplicate key (lines {first} and {line})", "keep one of them", line)
                continue
            values[key_node.value] = self.value(child, key_path)
        return values

    def _scalar(self, node: yaml.Node, path: KeyPath) -> Any:
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "str":
                return str(node.value)
            case "null":
                return None
            case "bool":
                return node.value.lower() == "true"
            case "int":
                return int(node.value)
            case "float":
                return float(node.value)
            case _:
                self._refuse_tag(node, path, "")
                return None

    def _refuse_tag(self, node: yaml.Node, path: KeyPath, plain: str) -> None:
        if node.tag != f"tag:yaml.org,2002:{plain}":
            line = _line(node)
            self._fault(path, f"YAML tags are not supported (line {line})", "write the plain value", line)

    def _fault(self, path: KeyPath, message: str, hint: str, line: int) -> None:
        self._document.faults.append(Fault(path or (self._name,), message, hint, line))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _syntax_problem(error: yaml.YAMLError, text: str, name: str) -> Problem:
    line = None
    message = "unreadable text"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = error.problem or error.context or message
        if message.startswith("but ") and error.context:
            message = f"{error.context}, {message}"
        message = _QUOTED.sub(r"\g<what>", message)
    elif isinstance(error, yaml.reader.ReaderError):
        line = text[: error.position].count("\n") + 1
        message = f"character U+{error.character:04X} is not allowed"
    where = f" (line {line})" if line else ""
    return Problem(name, f"invalid YAML: {message}{where}", "check indentation, quotes and colons on that line", line)
