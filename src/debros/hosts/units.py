"""systemd's units, through systemctl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from debros.terminal.errors import CliError

RQLITE: Final = "debros-rqlite.service"
NODE: Final = "debros-node.service"
GATEWAY: Final = "debros-gateway.service"
SERVICES: Final = (RQLITE, NODE, GATEWAY)

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "Result")
_JOURNAL_LINES = 5


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd says of a unit, in its words.

    Attributes:
        name: with `.service`.
        load: loaded, not-found, masked …
        active: active, inactive, activating, failed …
        sub: running, dead, auto-restart …
        result: success, or why it ended.
    """

    name: str
    load: str
    active: str
    sub: str
    result: str

    @property
    def installed(self) -> bool:
        """Whether there is such a unit."""
        return self.load not in {"not-found", ""}

    def __str__(self) -> str:
        if not self.installed:
            return "not installed"
        why = f", {self.result}" if self.result not in {"", "success"} else ""
        return f"{self.active} ({self.sub}{why})"


def full_name(name: str) -> str:
    """Return the unit's full name for `rqlite`, `debros-rqlite` or `debros-rqlite.service`.

    Raises:
        ValueError: it is none of our services.
    """
    bare = name.removesuffix(".service").removeprefix("debros-")
    full = f"debros-{bare}.service"
    if full not in SERVICES:
        raise ValueError(name)
    return full


def show(name: str) -> Unit:
    """Ask about a unit.

    Raises:
        CliError: systemctl is missing or cannot answer.
    """
    answer = _systemctl("show", f"--property={','.join(_PROPERTIES)}", "--", name)
    if answer.returncode != 0:
        raise CliError(f"systemctl show {name}: {_last_line(answer.stderr)}", code="systemctl")
    values = dict(line.partition("=")[::2] for line in answer.stdout.splitlines())
    return Unit(name, *(values.get(key, "") for key in _PROPERTIES))


def restart(name: str, timeout: float) -> None:
    """Restart a unit, or start it when it does not run; a start limit it may have run into is forgotten.

    Args:
        name: the unit.
        timeout: seconds systemd may take.

    Raises:
        CliError: it does not start; carries the last lines of its journal.
    """
    if show(name).active == "failed":
        _systemctl("reset-failed", "--", name)
    try:
        answer = _systemctl("restart", "--", name, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise failed(name, f"systemctl restart {name} took longer than {timeout:g} s") from None
    if answer.returncode != 0:
        raise failed(name, f"{name} does not start: {_last_line(answer.stderr)}")


def failed(name: str, message: str) -> CliError:
    """Return the error for a unit that is not as it should be, with what it said last."""
    lines = _journal(name)
    said = "".join(f"\n  {line}" for line in lines)
    return CliError(
        f"{message}{'; it said last:' if said else ''}{said}",
        code="unit_failed",
        hint=f"see: systemctl status {name}; journalctl -u {name} -n 50",
        extra={"unit": name, "journal": lines},
    )


def _journal(name: str) -> list[str]:
    program = shutil.which("journalctl")
    if program is None:
        return []
    answer = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [program, "--no-pager", "--quiet", "--output=cat", f"--lines={_JOURNAL_LINES}", f"--unit={name}"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def _systemctl(*arguments: str, timeout: float | None = 30) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemctl")
    if program is None:
        raise CliError(
            "systemctl is not installed: this host is not run by systemd",
            code="no_systemd",
            hint="for a cluster on a machine without systemd see: make up",
        )
    return subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [program, "--no-ask-password", *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it does not say why"
