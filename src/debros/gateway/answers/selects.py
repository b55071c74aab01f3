"""Answers of the routes that read in parts."""

from typing import NotRequired, TypedDict

from debros.gateway.answers.sql import Cell


class FoundAnswer(TypedDict):
    """The rows; of columns with one name the last is kept."""

    items: list[dict[str, Cell]]
    count: int


class SelectAnswer(TypedDict):
    """The rows and their number; with `one` the row in `items`, and its columns as further members beside it."""

    items: list[dict[str, Cell]]
    count: NotRequired[Cell]
