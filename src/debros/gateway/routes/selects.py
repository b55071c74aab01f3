"""Reads described in parts: find, find-one and select."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from debros.gateway.answers.selects import FoundAnswer, SelectAnswer
from debros.gateway.bodies import json, read_json
from debros.gateway.errors import Problem
from debros.gateway.openapi.codes import JSON_BODY, SQL
from debros.gateway.openapi.describe import Parameter, describe
from debros.gateway.queries import choice
from debros.gateway.shapes import BIGINTS, query_answer
from debros.gateway.state import principal, services, timings
from debros.rqlite.types import Level
from debros.tenants.selects import Condition, Join, Select, build
from debros.tenants.sql import arguments

Value = None | bool | int | float | str
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_TAG = "SQL"
_CODES = JSON_BODY | SQL | {"invalid_clause", "invalid_parameter", "not_a_read"}
_ONE_CODES = _CODES | {"row_not_found"}
_BIGINT = (
    Parameter("bigint", "`string` sends integers beyond 2^53 - 1 as text, for JavaScript",
              {"enum": list(BIGINTS), "default": BIGINTS[0]}),
)  # fmt: skip
_PARTS = (
    "Each text is one name or one expression: names, values, operators and functions, but no query inside; for those"
    " there is the query route. A name that is also a word of SQL's grammar stands in quotes."
)


class JoinPart(msgspec.Struct, forbid_unknown_fields=True):
    """A table that is joined: `kind` is INNER, LEFT, RIGHT, FULL or CROSS, `table` may have an alias behind it."""

    table: str
    on: str | None = None
    kind: str = "INNER"


class WherePart(msgspec.Struct, forbid_unknown_fields=True):
    """A condition; `args` are the values of its `?`. As in SQL, AND binds closer than OR."""

    expr: str
    args: list[Value] | None = None
    conj: str = "AND"


class FindOptions(msgspec.Struct, forbid_unknown_fields=True):
    """What a search may have besides its criteria."""

    select: list[str] | None = None
    joins: list[JoinPart] | None = None
    where: list[WherePart] | None = None
    group_by: list[str] | None = None
    order_by: list[str] | None = None
    limit: _Count | None = None
    offset: _Count | None = None


class FindRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Rows of a table whose columns have these values; null means IS NULL, a list means one of its values."""

    table: str
    criteria: dict[str, Value | list[Value]] | None = None
    options: FindOptions | None = None
    level: Level = Level.WEAK


class SelectRequest(FindOptions, forbid_unknown_fields=True, kw_only=True):
    """A SELECT in parts; with `one` the first row."""

    table: str
    alias: str | None = None
    one: bool = False
    level: Level = Level.WEAK


_find_decoder = msgspec.json.Decoder(FindRequest)
_select_decoder = msgspec.json.Decoder(SelectRequest)


@describe(_TAG, FoundAnswer, description=_PARTS, parameters=_BIGINT, body=FindRequest, codes=_CODES)
async def find(request: Request) -> Response:
    """Find rows by the values of their columns."""
    sent = await read_json(request, _find_decoder)
    items = await _rows(request, _find(sent), sent.level)
    return json({"items": items, "count": len(items)})


@describe(
    _TAG,
    dict[str, Any],
    description=f"The answer is the row itself. {_PARTS}",
    parameters=_BIGINT,
    body=FindRequest,
    codes=_ONE_CODES,
)
async def find_one(request: Request) -> Response:
    """Find one row by the values of its columns."""
    sent = await read_json(request, _find_decoder)
    return json(_first(await _rows(request, _find(sent, limit=1), sent.level)))


@describe(_TAG, SelectAnswer, description=_PARTS, parameters=_BIGINT, body=SelectRequest, codes=_ONE_CODES)
async def select(request: Request) -> Response:
    """Run a SELECT that is described in parts."""
    sent = await read_json(request, _select_decoder)
    wanted = _select(sent, at="$", table=sent.table, alias=sent.alias, **({"limit": 1} if sent.one else {}))
    items = await _rows(request, wanted, sent.level)
    if sent.one:
        row = _first(items)
        return json({**row, "items": [row]})
    return json({"items": items, "count": len(items)})


async def _rows(request: Request, wanted: Select, level: Level) -> list[dict[str, Any]]:
    database = services(request).tenants.database(principal(request.scope).namespace)
    bigint = choice(request.query_params, "bigint", BIGINTS, BIGINTS[0])
    statement = build(wanted)
    with timings(request.scope).measure("db"):
        result = await database.query(statement.sql, list(statement.args), level)
    return query_answer(result, "items", bigint)["items"]


def _find(sent: FindRequest, **changes: Any) -> Select:
    criteria = sent.criteria or {}
    for name, value in criteria.items():
        arguments.check(value if isinstance(value, list) else [value], f"$.criteria[{name[:40]!r}]")
    return _select(sent.options or FindOptions(), at="$.options", table=sent.table, criteria=criteria, **changes)


def _select(options: FindOptions, *, at: str, **changes: Any) -> Select:
    parts = {
        "columns": options.select or (),
        "joins": [Join(join.kind, join.table, join.on) for join in options.joins or ()],
        "conditions": [_condition(part, f"{at}.where[{number}]") for number, part in enumerate(options.where or ())],
        "group_by": options.group_by or (),
        "order_by": options.order_by or (),
        "limit": options.limit,
        "offset": options.offset,
    }
    return Select(**(parts | changes), at=at)


def _condition(part: WherePart, where: str) -> Condition:
    conj = part.conj.upper()
    if conj not in {"AND", "OR"}:
        raise Problem(400, "invalid_clause", f"{where}.conj: must be AND or OR; got {part.conj[:40]!r}")
    return Condition(part.expr, arguments.check(part.args or (), f"{where}.args"), "OR" if conj == "OR" else "AND")


def _first(items: list[dict[str, Any]]) -> dict[str, Any]:
    if not items:
        raise Problem(404, "row_not_found", "no row meets the conditions")
    return items[0]


ROUTES = [
    Route("/v1/rqlite/find", find, methods=["POST"]),
    Route("/v1/rqlite/find-one", find_one, methods=["POST"]),
    Route("/v1/rqlite/select", select, methods=["POST"]),
]
