"""Answers of the SQL routes."""

from typing import Literal, NotRequired, TypedDict

from debros.tenants.sql.listing import Table

Cell = None | bool | int | float | str


class QueryAnswer(TypedDict):
    """Rows as objects (`items`) and as lists (`columns`, `rows`); BLOBs are base64."""

    items: NotRequired[list[dict[str, Cell]]]
    count: int
    columns: NotRequired[list[str]]
    rows: NotRequired[list[list[Cell]]]


class ExecAnswer(TypedDict):
    """What a write did; the rows of a RETURNING clause come along as for a read."""

    rows_affected: int
    last_insert_id: int
    execution_state: Literal["ok"]
    items: NotRequired[list[dict[str, Cell]]]
    count: NotRequired[int]
    columns: NotRequired[list[str]]
    rows: NotRequired[list[list[Cell]]]


class OperationResult(TypedDict, total=False):
    """The result of one operation: a write's, a read's, or `error` and `code` of a read that failed afterwards."""

    rows_affected: int
    last_insert_id: int
    execution_state: Literal["ok"]
    items: list[dict[str, Cell]]
    count: int
    columns: list[str]
    rows: list[list[Cell]]
    error: str
    code: str


class TransactionAnswer(TypedDict):
    """Everything was applied; `results` are there when they were asked for."""

    status: Literal["ok"]
    results: NotRequired[list[OperationResult]]


class SchemaAnswer(TypedDict):
    """The tables and views of the namespace; `objects` is the same list under its other name."""

    tables: list[Table]
    objects: list[Table]
    count: int
