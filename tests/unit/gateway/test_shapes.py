import orjson

from debros.gateway.shapes import exec_answer, query_answer
from debros.rqlite.types import ExecResult, QueryResult

RESULT = QueryResult(["id", "name"], ["INTEGER", "TEXT"], [[1, "a"], [2**63 - 1, None]])


def test_both_forms() -> None:
    assert query_answer(RESULT) == {
        "items": [{"id": 1, "name": "a"}, {"id": 2**63 - 1, "name": None}],
        "count": 2,
        "columns": ["id", "name"],
        "rows": [[1, "a"], [2**63 - 1, None]],
    }


def test_one_form_only() -> None:
    assert set(query_answer(RESULT, "items")) == {"items", "count"}
    assert set(query_answer(RESULT, "rows")) == {"count", "columns", "rows"}


def test_empty_lists_are_lists() -> None:
    assert query_answer(QueryResult(["a"], [], [])) == {"items": [], "count": 0, "columns": ["a"], "rows": []}


def test_big_integers_survive_as_numbers_and_as_text() -> None:
    assert orjson.loads(orjson.dumps(query_answer(RESULT)))["rows"][1][0] == 2**63 - 1
    assert query_answer(RESULT, bigint="string")["rows"] == [[1, "a"], [str(2**63 - 1), None]]
    edge = QueryResult(["a"], [], [[2**53 - 1], [2**53], [-(2**53)], [True]])
    assert query_answer(edge, bigint="string")["rows"] == [[2**53 - 1], [str(2**53)], [str(-(2**53))], [True]]


def test_a_write() -> None:
    assert exec_answer(ExecResult(2, 7)) == {"rows_affected": 2, "last_insert_id": 7, "execution_state": "ok"}
    assert exec_answer(ExecResult(1, 7, ["id"], ["INTEGER"], [[7]]))["items"] == [{"id": 7}]
