"""Pages of docs/ that are written from the command tree: writing one, or telling whether it is current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def keep(argv: Sequence[str] | None, *, module: str, page: Path, made: Callable[[], str]) -> int:
    """Write a page, or with --check only tell whether it is current; return the exit code.

    Args:
        argv: the arguments; None for those of the process.
        module: what is run with `python -m`.
        page: where the page is in the repository.
        made: returns what the page should be.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=f"Write docs/{page.name}.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is not current")
    parser.add_argument("file", nargs="?", type=Path, default=page)
    given = parser.parse_args(argv)
    if not given.check:
        given.file.write_text(made(), "utf-8")
        return 0
    if given.file.exists() and given.file.read_text("utf-8") == made():
        return 0
    sys.stderr.write(f"{given.file} is not current; run: python -m {module}\n")
    return 1
