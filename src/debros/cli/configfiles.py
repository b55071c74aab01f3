"""Configuration files by name, and writing new ones."""

from __future__ import annotations

import stat
from pathlib import Path

from debros import files
from debros.terminal.errors import CliError, ExitCode

HOME = Path("~/.debros")


def resolve(name: str) -> Path:
    """Return the path a `--name` stands for: itself when it has a slash, else a file under ~/.debros."""
    path = Path(name).expanduser()
    return path if "/" in name else HOME.expanduser() / path


def existing(name: str) -> Path:
    """Return the path of a file that is there.

    Raises:
        CliError: it is not; the hint names a file of that name in the working directory.
    """
    path = resolve(name)
    if path.exists():
        return path
    hint = f"did you mean --name ./{name}?" if "/" not in name and Path(name).exists() else None
    raise CliError(f"there is no file {path}", code="not_found", exit_code=ExitCode.NOT_FOUND, hint=hint)


def write(path: Path, text: str, *, mode: int, overwrite: bool) -> None:
    """Write a whole file or nothing.

    Args:
        path: where.
        text: what.
        mode: its permissions.
        overwrite: replace a file that is there.

    Raises:
        CliError: there is a file, and it is not to be replaced.
        OSError: it cannot be written.
    """
    if path.parent == HOME.expanduser():
        path.parent.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if overwrite:
        files.replace(path, text, mode=mode)
        return
    try:
        files.create(path, text, mode=mode)
    except FileExistsError:
        hint = "use --force to replace it, or --name for another file"
        raise CliError(f"{path} exists", code="file_exists", hint=hint) from None
