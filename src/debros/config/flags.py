"""The command-line flags of a program, made from the schema, and their values in the form that loading wants."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from debros.config.schema import for_kind


@dataclass(frozen=True)
class Flag:
    """One flag.

    Attributes:
        name: as typed, such as ``--rqlite-http-port``.
        key: the key it sets in ``load_node(flags=…)``.
        help: its help text.
    """

    name: str
    key: str
    help: str


def flags(kind: str) -> Iterator[Flag]:
    """List the flags that set configuration values; ``--config`` and ``--help`` are the program's own."""
    schema = for_kind(kind)
    for path, leaf in schema.leaves():
        if name := leaf["meta"].get("flag"):
            yield Flag(name, ".".join(map(str, path)), leaf["meta"]["help"])
    for key, shorthand in schema.shorthands.items():
        yield Flag(shorthand.flag, key, shorthand.help)


def add_arguments(parser: argparse.ArgumentParser, kind: str) -> None:
    """Add the flags of a kind to a parser. Values stay text: validation reports bad ones with all other problems."""
    for flag in flags(kind):
        metavar = flag.name.rpartition("-")[2].upper()
        parser.add_argument(flag.name, dest=flag.key, metavar=metavar, help=flag.help.replace("%", "%%"))


def given(arguments: argparse.Namespace, kind: str) -> dict[str, Any]:
    """Pick what ``load_node(flags=…)`` takes out of parsed arguments."""
    values = {flag.key: getattr(arguments, flag.key, None) for flag in flags(kind)}
    return {key: value for key, value in values.items() if value is not None}
