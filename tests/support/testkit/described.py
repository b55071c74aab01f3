"""Answers of a gateway held against the document it describes itself with."""

import copy
import re
from collections import Counter
from functools import cache
from typing import Any

import httpx
import schemathesis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from debros.gateway.openapi.document import document
from debros.gateway.routes import all_routes

# Answers of one kind that are looked at: each takes 10 ms, and some tests ask a thousand times.
_MOST = 50
# Schemas with members beyond those that are told: a problem's own, the columns of a row.
_OPEN = {"ProblemDetails", "SelectAnswer"}
_seen: Counter[tuple[str, str, int]] = Counter()
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@cache
def schema() -> Any:
    """Return the document as schemathesis wants it."""
    return schemathesis.openapi.from_dict(document(all_routes()))


@cache
def strict() -> Any:
    """Return the document with every member of an answer told: one that is not there is a mistake."""
    told = copy.deepcopy(document(all_routes()))
    for name, component in told["components"]["schemas"].items():
        if "properties" in component and name not in _OPEN:
            component["additionalProperties"] = False
    return schemathesis.openapi.from_dict(told)


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(document(all_routes())["paths"], key=lambda path: "{" in path)
    return [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in paths]


async def hold(response: httpx.Response) -> None:
    """Check one answer; those to other methods than described, and of other paths, are problems anyway.

    Raises:
        FailureGroup: It is not as it is described.
    """
    request = response.request
    template = next((path for pattern, path in _templates() if pattern.fullmatch(request.url.path)), None)
    if template is None or request.method.lower() not in strict().raw_schema["paths"][template]:
        return
    _seen[kind := (template, request.method, response.status_code)] += 1
    if _seen[kind] > _MOST:
        return
    try:
        _ = request.content
    except httpx.RequestNotRead:  # a body that is sent while it is made; schemathesis would want to see it
        return
    await response.aread()
    if response.status_code == 404 and response.json()["code"] == "not_found":
        return
    operation = strict()[template][request.method]
    case = operation.Case(path_parameters=dict.fromkeys(re.findall(r"\{(\w+)\}", template), "x"))
    case.validate_response(response, checks=CHECKS)
