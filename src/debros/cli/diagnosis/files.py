"""The files of this user: client.yaml and the credentials."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from debros.cli import credentials, defaults
from debros.cli.diagnosis.finding import Finding, State, failed
from debros.cli.settings import Settings
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def configuration(settings: Settings) -> Finding:
    """Read client.yaml and the environment as every command does."""
    file = defaults.chosen_file(settings)
    try:
        defaults.fill(Settings(config=settings.config))
    except CliError as exc:
        text = " ".join(exc.message.split())
        return Finding("configuration", State.FAIL, text, f"edit {file}" if file else "correct the variable")
    return Finding("configuration", State.OK, str(file) if file else "no client.yaml; defaults and environment only")


def stored(settings: Settings) -> Iterator[Finding]:
    """Look at the file of credentials and its folder."""
    path = settings.credentials_file or credentials.default_path()
    usual = Path("~/.debros").expanduser()
    if path.parent == usual and usual.is_dir() and (mode := stat.S_IMODE(usual.stat().st_mode)) & _OTHERS:
        text = f"{usual} is open to other users (mode {mode:04o})"
        yield Finding("credentials folder", State.WARN, text, f"chmod 700 {usual}")
    try:
        found = credentials.load(path)
    except CliError as exc:
        yield failed("credentials", exc, f"mv {path} {path}.old && network-cli auth login")
        return
    for notice in found.notices:
        yield Finding("credentials", State.WARN, notice, "network-cli auth login, if somebody else may have read it")
    count = len(list(found.known()))
    yield Finding("credentials", State.OK, f"{path}, {count} stored" if count else f"{path}, nothing stored yet")
