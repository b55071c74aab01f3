import pytest
from starlette.exceptions import HTTPException

from debros.gateway.errors import Problem
from debros.gateway.problems import problem_for
from debros.p2p.client import RelayUnavailable
from debros.rqlite import errors as rqlite
from debros.tenants import errors as tenants


@pytest.mark.parametrize(
    ("error", "status", "code", "retry"),
    [
        (tenants.InvalidName("invalid_topic", "topic is empty"), 400, "invalid_topic", False),
        (tenants.SqlRefused("sql_refused", "no"), 400, "sql_refused", False),
        (tenants.StatementFailed("no such table: t"), 400, "sql_error", False),
        (tenants.TooMuch("result_too_large", "use LIMIT"), 413, "result_too_large", False),
        (tenants.KeyNotFound("k"), 404, "key_not_found", False),
        (tenants.ConditionFailed("k"), 412, "precondition_failed", False),
        (tenants.NotReady(), 503, "starting", True),
        (rqlite.NoLeader("x"), 503, "no_leader", True),
        (rqlite.Unavailable("x"), 503, "database_unavailable", True),
        (rqlite.UnknownOutcome("x"), 503, "outcome_unknown", False),
        (rqlite.AccessDenied("x"), 503, "database_unavailable", True),
        (rqlite.TooLarge("x"), 413, "result_too_large", False),
        (rqlite.StatementError("no such table: _gw_kv"), 500, "internal_error", False),
        (RelayUnavailable("x"), 503, "node_unavailable", True),
        (HTTPException(405, headers={"Allow": "POST, GET"}), 405, "method_not_allowed", False),
    ],
)
def test_what_the_floors_below_raise(error: Exception, status: int, code: str, *, retry: bool) -> None:
    problem = problem_for(error, "PUT", "/v1/x")
    assert problem is not None
    assert (problem.status, problem.code) == (status, code)
    assert ("Retry-After" in problem.headers) is retry


def test_an_address_in_an_error_stays_inside() -> None:
    problem = problem_for(rqlite.Unavailable("http://10.0.0.7:5001 refused"))
    assert problem is not None
    assert "10.0.0.7" not in problem.detail
    problem = problem_for(rqlite.StatementError("no such table: _gw_kv"))
    assert problem is not None
    assert "_gw" not in problem.detail


def test_the_failing_index_is_a_member_and_in_the_text() -> None:
    problem = problem_for(tenants.StatementFailed("UNIQUE constraint failed: t.a", 3))
    assert problem is not None
    assert problem.extra == {"index": 3}
    assert problem.detail == "index 3: UNIQUE constraint failed: t.a"


def test_the_methods_of_a_path_are_named() -> None:
    problem = problem_for(HTTPException(405, headers={"Allow": "POST, GET"}), "PUT", "/v1/x")
    assert problem is not None
    assert problem.headers["Allow"] == "GET, POST"
    assert "takes GET, POST, not PUT" in problem.detail


def test_the_rest_is_nobodys() -> None:
    assert problem_for(RuntimeError("x")) is None
    problem = Problem(418, "teapot", "short and stout")
    assert problem_for(problem) is problem
