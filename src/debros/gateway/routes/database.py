"""SQL: `/v1/rqlite/*` and its older twin `/v1/db/*`."""

from dataclasses import asdict
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.queries import choice
from debros.gateway.shapes import BIGINTS, SHAPES, exec_answer, query_answer
from debros.gateway.state import principal, services, timings
from debros.rqlite.types import ExecResult, Level, QueryResult
from debros.tenants.database import Operation, TenantDatabase
from debros.tenants.errors import SqlRefused, TenantError
from debros.tenants.sql import arguments, guard

Value = None | bool | int | float | str


class _Exec(msgspec.Struct):
    sql: str
    args: list[Value] | None = None


class _Query(msgspec.Struct):
    sql: str
    args: list[Value] | None = None
    level: Level = Level.WEAK


class _Op(msgspec.Struct):
    kind: Literal["exec", "query"]
    sql: str
    args: list[Value] | None = None


class _Transaction(msgspec.Struct):
    ops: list[_Op] | None = None
    statements: list[str] | None = None
    return_results: bool = False


class _Create(msgspec.Struct):
    schema: str


class _Drop(msgspec.Struct):
    table: str


_exec_decoder = msgspec.json.Decoder(_Exec)
_query_decoder = msgspec.json.Decoder(_Query)
_transaction_decoder = msgspec.json.Decoder(_Transaction)
_create_decoder = msgspec.json.Decoder(_Create)
_drop_decoder = msgspec.json.Decoder(_Drop)


async def execute(request: Request) -> Response:
    """Run one write."""
    database = _database(request)
    sent = await read_json(request, _exec_decoder)
    with timings(request.scope).measure("db"):
        result = await database.execute(sent.sql, sent.args or ())
    return json(exec_answer(result))


async def query(request: Request) -> Response:
    """Run one read."""
    database = _database(request)
    shape = choice(request.query_params, "shape", SHAPES, "")
    bigint = choice(request.query_params, "bigint", BIGINTS, "number")
    sent = await read_json(request, _query_decoder)
    with timings(request.scope).measure("db"):
        result = await database.query(sent.sql, sent.args or (), sent.level)
    return json(query_answer(result, shape, bigint))


async def transaction(request: Request) -> Response:
    """Apply several writes or none of them."""
    database = _database(request)
    sent = await read_json(request, _transaction_decoder)
    operations = _operations(sent)
    with timings(request.scope).measure("db"):
        results = await database.transaction(operations, results=sent.return_results)
    answer: dict[str, Any] = {"status": "ok"}
    if sent.return_results:
        answer["results"] = [_result(result) for result in results]
    return json(answer)


async def schema(request: Request) -> Response:
    """Answer the namespace's tables and views; `objects` is the same list under its other name."""
    database = _database(request)
    with timings(request.scope).measure("db"):
        tables = [asdict(table) for table in await database.schema()]
    return json({"tables": tables, "objects": tables, "count": len(tables)})


async def create_table(request: Request) -> Response:
    """Run one CREATE statement."""
    database = _database(request)
    sent = await read_json(request, _create_decoder)
    with timings(request.scope).measure("db"):
        await database.create(sent.schema)
    return json({"status": "ok"}, 201)


async def drop_table(request: Request) -> Response:
    """Drop one table."""
    database = _database(request)
    sent = await read_json(request, _drop_decoder)
    with timings(request.scope).measure("db"):
        await database.drop_table(sent.table)
    return json({"status": "ok"})


def _result(result: ExecResult | QueryResult | TenantError) -> dict[str, Any]:
    match result:
        case ExecResult():
            return exec_answer(result)
        case QueryResult():
            return query_answer(result)
    return {"error": result.message, "code": result.code}


def _database(request: Request) -> TenantDatabase:
    """Return the caller's database.

    There is one for the gateway's own namespace: tables of several namespaces cannot be told apart yet.
    """
    held = services(request)
    namespace, open_to = principal(request.scope).namespace, held.config.client_namespace
    if namespace != open_to:
        raise Problem(
            403,
            "sql_not_available",
            f"SQL is not available to namespace {namespace}: this gateway keeps the tables of one namespace only; "
            "storage and pub/sub are available",
        )
    return held.database


def _operations(sent: _Transaction) -> list[Operation]:
    if (sent.ops is None) == (sent.statements is None):
        raise Problem(400, "invalid_body", "send either ops or statements")
    if sent.ops is not None:
        for position, op in enumerate(sent.ops):
            arguments.check(op.args or (), f"$.ops[{position}].args")
        return [Operation(op.sql, op.args or (), op.kind == "query") for op in sent.ops]
    return [Operation(sql, (), _reads(position, sql)) for position, sql in enumerate(sent.statements or ())]


def _reads(position: int, sql: str) -> bool:
    try:
        return guard.check(sql).kind is guard.StatementKind.READ
    except SqlRefused as error:
        raise SqlRefused(error.code, error.message, position) from None


def _routes(base: str) -> list[Route]:
    post = [
        ("query", query),
        ("transaction", transaction),
        ("create-table", create_table),
        ("drop-table", drop_table),
    ]
    return [
        Route(f"{base}/schema", schema, methods=["GET"]),
        *(Route(f"{base}/{name}", endpoint, methods=["POST"]) for name, endpoint in post),
    ]


ROUTES = [Route("/v1/rqlite/exec", execute, methods=["POST"]), *_routes("/v1/rqlite"), *_routes("/v1/db")]
