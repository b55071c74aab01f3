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
GATEWAY_SOCKET: Final = "debros-gateway.socket"
MEMBERS: Final = "debros-members.service"
MEMBERS_TIMER: Final = "debros-members.timer"  # active where a cluster manages itself
DOOR: Final = "debros-enrol.service"
SERVICES: Final = (RQLITE, NODE, GATEWAY)

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "Result")
_JOURNAL_LINES = 5
_STOP_SECONDS = 120.0  # the units' own TimeoutStopSec= is at most half of it
_ANSWER_SECONDS = 30.0  # systemd answers at once, if it answers at all


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
    answer = _asked(name, *_PROPERTIES)
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
    _bring_up("restart", show(name), timeout)


def start(name: str, timeout: float) -> None:
    """Start a unit that is installed; one that runs already is left as it is.

    Args:
        name: the unit.
        timeout: seconds systemd may take.

    Raises:
        CliError: it does not start; carries the last lines of its journal.
    """
    unit = show(name)
    if not unit.installed or unit.active == "active":
        return
    _bring_up("start", unit, timeout)


def _bring_up(verb: str, unit: Unit, timeout: float) -> None:
    if unit.active == "failed":
        _systemctl("reset-failed", "--", unit.name)
    try:
        answer = _systemctl(verb, "--", unit.name, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise failed(unit.name, f"systemctl {verb} {unit.name} took longer than {timeout:g} s") from None
    if answer.returncode != 0:
        raise failed(unit.name, f"{unit.name} does not start: {_last_line(answer.stderr)}")


def stop(*names: str) -> None:
    """Stop units that are installed, and see that they have ended.

    Raises:
        CliError: one of them has not.
    """
    for name in names:
        if not show(name).installed:
            continue
        try:
            answer = _systemctl("stop", "--", name, timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise failed(name, f"systemctl stop {name} took longer than {_STOP_SECONDS:g} s") from None
        unit = show(name)
        if unit.active not in {"inactive", "failed"}:
            raise failed(name, f"{name} does not stop: it is {unit}; {_last_line(answer.stderr)}")


def command_line(name: str) -> str:
    """Return what systemd starts for a service, as it shows it; "" when there is no such unit.

    Raises:
        CliError: systemctl is missing or cannot answer.
    """
    answer = _asked(name, "ExecStart")
    return answer.stdout.strip() if answer.returncode == 0 else ""


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
    asked = [program, "--no-pager", "--quiet", "--output=cat", f"--lines={_JOURNAL_LINES}", f"--unit={name}"]
    answer = subprocess.run(asked, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - no shell
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def _asked(name: str, *properties: str) -> subprocess.CompletedProcess[str]:
    try:
        return _systemctl("show", f"--property={','.join(properties)}", "--", name, timeout=_ANSWER_SECONDS)
    except subprocess.TimeoutExpired:
        message = f"systemctl show {name}: no answer within {_ANSWER_SECONDS:g} s"
        hint = "systemd hangs, or the host is too busy: see uptime, and /proc/pressure"
        raise CliError(message, code="systemctl", hint=hint) from None


def _systemctl(*arguments: str, timeout: float = _ANSWER_SECONDS) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemctl")
    if program is None:
        message = "systemctl is not installed: this host is not run by systemd"
        raise CliError(message, code="no_systemd", hint="for a cluster on a machine without systemd see: make up")
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
