"""Tables on a terminal: as columns when they fit its width, else one block of lines for each row."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from debros.terminal.errors import colours_on
from debros.terminal.output import cell, indented, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NARROWEST = 10  # cells; a column is not squeezed below this (or its own width)
_PADDING = 3  # cells between two columns of the box used here
_LEAST = 20  # cells; with less room beside the names, values stand below them
_AT_ONCE = 500  # rows laid out together; more would make the reader wait for the first line


def draw(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table to the terminal."""
    coloured = colours_on(sys.stdout)
    console = Console(file=sys.stdout, force_terminal=coloured, no_color=not coloured, markup=False, highlight=False)
    if not rows and not columns:
        return
    for start in range(0, max(len(rows), 1), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        if _needs(columns, part) <= console.width:
            console.print(_table(columns, part))
        elif not part:
            line(_folded("  ".join(map(cell, columns)), console.width))
        else:
            _blocks(columns, part, start)


def _needs(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Return the narrowest width in which the table can be read."""
    total = 1
    for index, name in enumerate(columns):
        widest = max((cell_len(cell(row[index])) for row in rows), default=0)
        total += _PADDING + max(min(widest, _NARROWEST), cell_len(cell(name)))
    return total


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False)
    for index, name in enumerate(columns):
        numbers = bool(rows) and all(
            isinstance(row[index], int | float) and not isinstance(row[index], bool) for row in rows
        )
        table.add_column(Text(cell(name)), justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(value), style="dim italic" if value is None else "") for value in row))
    return table


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[Any]], start: int) -> None:
    width = max(cell_len(cell(name)) for name in columns) + 2
    for number, row in enumerate(rows, start + 1):
        line(f"── row {number}")
        for name, value in zip(columns, row, strict=True):
            line(f"{cell(name)}{' ' * (width - cell_len(cell(name)))}{indented(cell(value), width)}")


def draw_facts(pairs: Mapping[str, Any]) -> None:
    """Write names and values to the terminal: side by side where there is room, else each value below its name."""
    columns = shutil.get_terminal_size().columns
    values = {cell(name): cell(value) for name, value in pairs.items()}
    width = max(map(cell_len, values), default=0) + 2
    widest = max((cell_len(one) for value in values.values() for one in value.split("\n")), default=0)
    beside = columns - width >= min(widest, _LEAST)
    for name, value in values.items():
        if beside:
            first = f"{name}{' ' * (width - cell_len(name))}"
            line(first + indented(_folded(value, columns - width), width))
        else:
            line(_folded(name, columns))
            line("  " + indented(_folded(value, columns - 2), 2))


def _folded(text: str, width: int) -> str:
    return "\n".join(part for one in text.split("\n") for part in chop_cells(one, max(width, 2)) or [""])
