"""What is wrong with a configuration: every problem at once, each with its place and what to do."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# Where a value lies in the document: ("discovery", "bootstrap_peers", 0).
KeyPath = tuple[str | int, ...]

_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        path: the key (``database.rqlite_port``, ``node.listen_addresses[0]``), or the file's name.
        message: what is wrong with it.
        hint: what would be right; may be empty.
        line: the line of the YAML file, when the value came from one.
    """

    path: str
    message: str
    hint: str = ""
    line: int | None = field(default=None, compare=False)

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.path}: {self.message}{hint}"


@dataclass(frozen=True)
class Fault:
    """A problem whose place is still a key path, before secrets are cut from it and its source is named.

    Attributes:
        path: the place.
        message: what is wrong.
        hint: what would be right; may be empty.
        line: the line of the YAML file, when it is known.
        quotes: the hint shows the value, so a secret's hint must be dropped.
    """

    path: KeyPath
    message: str
    hint: str = ""
    line: int | None = None
    quotes: bool = False


class ConfigError(Exception):
    """A configuration that cannot be used; ``str()`` is the text for the operator.

    Args:
        problems: what keeps it from being used.
        lasting: it stays so until somebody changes the configuration; otherwise it may be the host's state (a file that
            is not there yet, a disk that is read-only), and trying again may help.
    """

    def __init__(self, problems: Iterable[Problem], *, lasting: bool = False) -> None:
        self.problems = tuple(problems)
        self.lasting = lasting
        lines = [f"Configuration errors ({len(self.problems)}):", *(f"  - {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines))


def dotted(path: KeyPath) -> str:
    """Write a key path the way the operator knows it: ``discovery.bootstrap_peers[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{shortened(part)}" if text else shortened(part)
    return text


def printable(text: object) -> str:
    """Escape what could break the one line a problem has: line ends, and what moves the cursor of a terminal."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(text))


def shortened(text: str) -> str:
    """Cut and escape a value of unknown length."""
    return printable(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")


def shown(value: Any) -> str:
    """Show a value in a message, the way YAML or JSON would write it."""
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return shortened(json.dumps(value, default=str))
