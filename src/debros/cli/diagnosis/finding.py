"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from debros.terminal.errors import CliError


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes:
        name: of the check.
        state: how bad it is.
        text: what was seen.
        next: the command or the step that helps, None when nothing has to be done.
    """

    name: str
    state: State
    text: str
    next: str | None = None


def failed(name: str, error: CliError, next_: str, state: State = State.FAIL) -> Finding:
    """Return the finding for an error; the next step is its hint, else `next_`."""
    return Finding(name, state, " ".join(error.message.split()), error.hint or next_)
