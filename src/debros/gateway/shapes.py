"""Results of SQL in the forms clients know: `items` (one object a row) and `columns` with `rows`."""

from typing import Any

from debros.gateway.answers.sql import ExecAnswer, QueryAnswer
from debros.rqlite.types import ExecResult, QueryResult

# Numbers up to here survive JavaScript (Number.MAX_SAFE_INTEGER).
_SAFE = 2**53 - 1
SHAPES = ("", "items", "rows")
BIGINTS = ("number", "string")


def query_answer(result: QueryResult, shape: str = "", bigint: str = "number") -> QueryAnswer:
    """Return the answer for a read.

    Args:
        result: The rows.
        shape: "items" or "rows" for only that form, "" for both. Of columns with the same name `items` keeps the last.
        bigint: "string" sends integers beyond 2^53 - 1 as text, for JavaScript.
    """
    rows = _with_text_integers(result.values) if bigint == "string" else result.values
    if shape == "rows":
        return {"count": len(rows), "columns": result.columns, "rows": rows}
    answer: QueryAnswer = {
        "items": [dict(zip(result.columns, row, strict=True)) for row in rows],
        "count": len(rows),
    }
    if shape != "items":
        answer["columns"] = result.columns
        answer["rows"] = rows
    return answer


def exec_answer(result: ExecResult) -> ExecAnswer:
    """Return the answer for a write; rows of a RETURNING clause come along as for a read."""
    answer: ExecAnswer = {
        "rows_affected": result.rows_affected,
        "last_insert_id": result.last_insert_id,
        "execution_state": "ok",
    }
    if result.columns:
        return {**answer, **query_answer(QueryResult(result.columns, result.types, result.values))}
    return answer


def _with_text_integers(rows: list[list[Any]]) -> list[list[Any]]:
    return [[str(cell) if type(cell) is int and abs(cell) > _SAFE else cell for cell in row] for row in rows]
