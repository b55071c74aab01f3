"""The rule that lets hosts with an invite knock: through UFW, for as long as the door is open.

Its comment does not begin like those of the role firewall ("debros: "), which would remove a rule it does not know.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

COMMENT: Final = "debros-invite"
# A line of `ufw show added`, which tells a rule in its shortest form.
_OURS: Final = re.compile(rf"ufw allow (?P<port>\d+)/tcp comment '{COMMENT}'")
_TIMEOUT: Final = 60.0  # seconds; UFW waits for its own lock


def open_ports(ports: Collection[int]) -> list[int]:
    """Let TCP connections to some ports in, and to no other port that was open for invites.

    Nothing is done where UFW is not installed or not active: then nothing of ours keeps anybody out.

    Returns:
        The ports that were opened now.

    Raises:
        CliError: UFW refuses.
    """
    if not _is_active():
        return []
    added = _added()
    close(keep=ports)
    # The same rule without our comment is the operator's; UFW would replace it by ours, and closing would remove it.
    wanted = [port for port in ports if not any(_is_for(line, port) for line in added)]
    for port in wanted:
        _ufw("allow", *_everybody(port), "comment", COMMENT)
    return wanted


def close(keep: Collection[int] = ()) -> bool:
    """Remove our rules; works also while UFW is off.

    Args:
        keep: ports whose rules stay.

    Returns:
        Whether there were any.

    Raises:
        CliError: UFW refuses.
    """
    if shutil.which("ufw") is None:
        return False
    ours = [int(match["port"]) for line in _added() if (match := _OURS.fullmatch(line))]
    closed = [port for port in ours if port not in keep]
    for port in closed:
        _ufw("--force", "delete", "allow", *_everybody(port))
    return bool(closed)


def _everybody(port: int) -> list[str]:
    return ["proto", "tcp", "from", "any", "to", "any", "port", str(port)]


def _is_for(line: str, port: int) -> bool:
    """Tell whether a line of `ufw show added` lets everybody in to a TCP port."""
    return line.partition(" comment ")[0] in (f"ufw allow {port}/tcp", f"ufw allow {port}")


def _is_active() -> bool:
    return shutil.which("ufw") is not None and "Status: active" in _ufw("status").splitlines()


def _added() -> list[str]:
    return _ufw("show", "added").splitlines()


def _ufw(*words: str) -> str:
    program = shutil.which("ufw")
    assert program is not None
    answer = _run([program, *words])
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip()
        raise CliError(
            f"ufw {' '.join(words)}: {said}", code="firewall", hint="see: ufw status verbose; journalctl -u ufw"
        )
    return answer.stdout


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - fixed words and numbers, no shell
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise CliError(
            f"ufw took longer than {_TIMEOUT:g} s",
            code="firewall",
            hint="see who holds /run/ufw.lock, and run it again",
        ) from None
