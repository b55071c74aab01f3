"""SQL: `/v1/rqlite/*` and its older twin `/v1/db/*`."""

from typing import Literal, cast

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.common import Done
from debros.gateway.answers.sql import ExecAnswer, OperationResult, QueryAnswer, SchemaAnswer, TransactionAnswer
from debros.gateway.bodies import json, read_json
from debros.gateway.departures import departure
from debros.gateway.errors import Problem
from debros.gateway.idempotency import claim, expect, once
from debros.gateway.openapi.codes import JSON_BODY, SQL, WRITE
from debros.gateway.openapi.describe import Parameter, describe
from debros.gateway.queries import choice
from debros.gateway.shapes import BIGINTS, SHAPES, exec_answer, query_answer
from debros.gateway.state import principal, services, timings
from debros.rqlite.types import ExecResult, Level, QueryResult
from debros.tenants.database import TenantDatabase
from debros.tenants.errors import TenantError
from debros.tenants.sql import arguments
from debros.tenants.transactions import Operation

_OK: Done = {"status": "ok"}
_OK_JSON = orjson.dumps(_OK)
# The answer of a write without rows, for SQLite's printf: what `exec_answer` makes of it.
_COUNTED_JSON = b'{"rows_affected":%d,"last_insert_id":%d,"execution_state":"ok"}'

Value = None | bool | int | float | str
_TAG = "SQL"
_SQL = JSON_BODY | SQL
_FORMS = (
    Parameter("shape", "send only this form of the rows; of columns with one name `items` keeps the last",
              {"enum": [shape for shape in SHAPES if shape]}),
    Parameter("bigint", "`string` sends integers beyond 2^53 - 1 as text, for JavaScript",
              {"enum": list(BIGINTS), "default": BIGINTS[0]}),
)  # fmt: skip
_DEFINITION = _SQL | WRITE | {"too_many_tables"}


class ExecRequest(msgspec.Struct):
    """One INSERT, UPDATE, DELETE, REPLACE or statement of the schema; `args` are the values of its `?`."""

    sql: str
    args: list[Value] | None = None


class QueryRequest(msgspec.Struct):
    """One statement that only reads; `args` are the values of its `?`."""

    sql: str
    args: list[Value] | None = None
    level: Level = Level.WEAK


class Op(msgspec.Struct):
    """One operation of a transaction."""

    kind: Literal["exec", "query"]
    sql: str
    args: list[Value] | None = None


class TransactionRequest(msgspec.Struct):
    """Either `ops`, or `statements` that have no values; all are applied or none."""

    ops: list[Op] | None = None
    statements: list[str] | None = None
    return_results: bool = False


class CreateRequest(msgspec.Struct):
    """One CREATE statement."""

    schema: str


class DropRequest(msgspec.Struct):
    """The name of a table."""

    table: str


_exec_decoder = msgspec.json.Decoder(ExecRequest)
_query_decoder = msgspec.json.Decoder(QueryRequest)
_transaction_decoder = msgspec.json.Decoder(TransactionRequest)
_create_decoder = msgspec.json.Decoder(CreateRequest)
_drop_decoder = msgspec.json.Decoder(DropRequest)


@describe(_TAG, ExecAnswer, body=ExecRequest, codes=_DEFINITION | {"not_a_write"})
async def execute(request: Request) -> Response:
    """Run one write."""
    database = _database(request)
    sent = await read_json(request, _exec_decoder)
    with timings(request.scope).measure("db"):
        claimed = expect(request.scope, 200, _COUNTED_JSON, counted=True)
        result = await database.execute(sent.sql, sent.args or (), departure(request.scope), claimed)
    return json(exec_answer(result))


@describe(_TAG, QueryAnswer, parameters=_FORMS, body=QueryRequest, codes=_SQL | {"invalid_parameter", "not_a_read"})
async def query(request: Request) -> Response:
    """Run one read."""
    database = _database(request)
    shape = choice(request.query_params, "shape", SHAPES, "")
    bigint = choice(request.query_params, "bigint", BIGINTS, "number")
    sent = await read_json(request, _query_decoder)
    with timings(request.scope).measure("db"):
        result = await database.query(sent.sql, sent.args or (), sent.level)
    return json(query_answer(result, shape, bigint))


@describe(
    _TAG,
    TransactionAnswer,
    description="An error carries `index`, the zero-based position of the operation that failed; nothing was applied.",
    body=TransactionRequest,
    codes=_DEFINITION | {"not_a_read", "not_a_write", "read_between_writes", "too_many_statements"},
)
async def transaction(request: Request) -> Response:
    """Apply several writes or none of them."""
    database = _database(request)
    sent = await read_json(request, _transaction_decoder)
    operations = _operations(sent)
    claimed = claim(request.scope) if sent.return_results else expect(request.scope, 200, _OK_JSON)
    with timings(request.scope).measure("db"):
        results = await database.transaction(operations, results=sent.return_results, claim=claimed)
    answer: TransactionAnswer = {"status": "ok"}
    if sent.return_results:
        answer["results"] = [_result(result) for result in results]
    return json(answer)


@describe(_TAG, SchemaAnswer, codes=SQL)
async def schema(request: Request) -> Response:
    """Answer the namespace's tables and views; `objects` is the same list under its other name."""
    database = _database(request)
    with timings(request.scope).measure("db"):
        tables = await database.schema()
    answer: SchemaAnswer = {"tables": tables, "objects": tables, "count": len(tables)}
    return json(answer)


@describe(_TAG, Done, status=201, body=CreateRequest, codes=_DEFINITION | {"not_a_create"})
async def create_table(request: Request) -> Response:
    """Run one CREATE statement."""
    database = _database(request)
    sent = await read_json(request, _create_decoder)
    with timings(request.scope).measure("db"):
        await database.create(sent.schema, expect(request.scope, 201, _OK_JSON))
    return json(_OK, 201)


@describe(_TAG, Done, body=DropRequest, codes=_DEFINITION | {"invalid_table"})
async def drop_table(request: Request) -> Response:
    """Drop one table."""
    database = _database(request)
    sent = await read_json(request, _drop_decoder)
    with timings(request.scope).measure("db"):
        await database.drop_table(sent.table, expect(request.scope, 200, _OK_JSON))
    return json(_OK)


def _result(result: ExecResult | QueryResult | TenantError) -> OperationResult:
    match result:
        case ExecResult():
            return cast("OperationResult", exec_answer(result))
        case QueryResult():
            return cast("OperationResult", query_answer(result))
    return {"error": result.message, "code": result.code}


def _database(request: Request) -> TenantDatabase:
    """Return the caller's database."""
    return services(request).tenants.database(principal(request.scope).namespace)


def _operations(sent: TransactionRequest) -> list[Operation]:
    if (sent.ops is None) == (sent.statements is None):
        raise Problem(400, "invalid_body", "send either ops or statements")
    if sent.ops is not None:
        for position, op in enumerate(sent.ops):
            arguments.check(op.args or (), f"$.ops[{position}].args")
        return [Operation(op.sql, op.args or (), op.kind == "query") for op in sent.ops]
    return [Operation(sql, ()) for sql in sent.statements or ()]


def _routes(base: str) -> list[Route]:
    post = [
        ("query", query),
        ("transaction", once(transaction)),
        ("create-table", once(create_table)),
        ("drop-table", once(drop_table)),
    ]
    return [
        Route(f"{base}/schema", schema, methods=["GET"]),
        *(Route(f"{base}/{name}", endpoint, methods=["POST"]) for name, endpoint in post),
    ]


ROUTES = [Route("/v1/rqlite/exec", once(execute), methods=["POST"]), *_routes("/v1/rqlite"), *_routes("/v1/db")]
