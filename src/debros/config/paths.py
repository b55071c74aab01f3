"""Paths as operators write them: ``~``, ``$VAR`` and ``${VAR}`` expand, ``$$`` is a dollar sign."""

import re
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path

from debros.config.problems import printable

_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)\})")


def expand(text: str | PathLike[str], environ: Mapping[str, str]) -> Path:
    """Expand a path; a relative one stays relative to the working directory.

    Args:
        text: the path as written.
        environ: the variables it may name; ``HOME`` is also what ``~`` stands for.

    Raises:
        ValueError: it holds a NUL byte, or names a variable or user that does not exist.
    """

    def value(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name = match["name"] or match["braced"]
        if not environ.get(name):
            raise ValueError(f"environment variable {name} is not set")
        return environ[name]

    text = fspath(text)
    if "\0" in text:
        raise ValueError("a path cannot hold a NUL byte")
    home, slash, rest = text.partition("/")
    if home == "~" and environ.get("HOME"):
        text = f"{environ['HOME'].replace('$', '$$')}{slash}{rest}"
    elif home.startswith("~"):
        try:
            text = f"{str(Path(home).expanduser()).replace('$', '$$')}{slash}{rest}"
        except RuntimeError:
            raise ValueError(f"no home directory is known for {printable(home)}") from None
    return Path(_VARIABLE.sub(value, text))


def written(path: Path) -> str:
    """Write a path so that ``expand`` gives it back."""
    text = str(path).replace("$", "$$")
    return f"./{text}" if text.startswith("~") else text
