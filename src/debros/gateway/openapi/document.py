"""The document: every route under its path, with what its endpoint says about itself."""

import re
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from starlette.routing import BaseRoute, Route, WebSocketRoute

from debros.gateway.auth.access import OPTIONAL, SELF_JUDGED, Access, access
from debros.gateway.errors import ProblemDetails
from debros.gateway.openapi.codes import ALWAYS, CREDENTIAL, KEYS
from debros.gateway.openapi.describe import Body, Operation, Parameter, operation_of
from debros.gateway.openapi.prose import ABOUT, SECURITY_SCHEMES, TAGS
from debros.gateway.openapi.responses import problems, share_problems, success
from debros.gateway.openapi.schemas import Schemas, typed

Document = dict[str, Any]
# RFC 9110, 9.3.2: HEAD is answered wherever GET is, and documents do not repeat it.
_UNNAMED = frozenset({"HEAD"})
_NO_BODY = frozenset({"GET"})
_ONLY_GET = 304
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_ANY_SCHEME: list[dict[str, list[str]]] = [{name: []} for name in SECURITY_SCHEMES]
_HERE = [{"url": "/", "description": "the gateway that serves this document"}]


def document(routes: Sequence[BaseRoute]) -> Document:
    """Return the OpenAPI 3.1 document of an application's routes.

    Raises:
        LookupError: An endpoint is not described, or a WebSocket's path has no GET that tells about it.
        TypeError: There is a route of another kind.
    """
    described = _operations(routes)
    schemas = Schemas([ProblemDetails, *_types(operation for _, _, operation in described)])
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in described:
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DeBros Network gateway",
            "version": metadata.version("debros"),
            "description": ABOUT,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": _HERE,
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "responses": share_problems(paths),
            "schemas": schemas.components,
        },
    }


def registered(routes: Sequence[BaseRoute]) -> list[tuple[str, str, Route]]:
    """Return path, method and route of every HTTP operation, in order; a WebSocket is the GET of its path."""
    found = [
        (route.path, method, route)
        for route in routes
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - _UNNAMED)
    ]
    for route in routes:
        if not isinstance(route, Route | WebSocketRoute):
            raise TypeError(f"the document does not know this kind of route: {route!r}")
        if isinstance(route, WebSocketRoute) and (route.path, "GET") not in {
            (path, method) for path, method, _ in found
        }:
            raise LookupError(f"there is no GET {route.path} that tells about its WebSocket")
    return found


def _operations(routes: Sequence[BaseRoute]) -> list[tuple[str, str, Operation]]:
    return [(path, method, operation_of(route.endpoint)) for path, method, route in registered(routes)]


def _types(operations: Any) -> list[Any]:
    return [
        body.json
        for operation in operations
        for body in (operation.body, *operation.answers.values())
        if body is not None and body.json is not None
    ]


def _operation(path: str, method: str, operation: Operation, schemas: Schemas) -> dict[str, Any]:
    answers = {status: body for status, body in operation.answers.items() if method in _NO_BODY or status != _ONLY_GET}
    found: dict[str, Any] = {
        "operationId": _identity(path, method),
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        found["description"] = operation.description
    found["security"] = _security(path)
    if parameters := [*_of_path(path, operation), *(one for one in operation.parameters if one.place != "path")]:
        found["parameters"] = [_parameter(one) for one in parameters]
    if operation.body is not None and method not in _NO_BODY:
        found["requestBody"] = {"required": operation.body.required, "content": _content(operation.body, schemas)}
    codes = operation.codes | ALWAYS | _of_access(path) | (frozenset() if method in _NO_BODY else {"outcome_unknown"})
    responses = {status: success(status, body, _content(body, schemas)) for status, body in answers.items()}
    for status, response in problems(codes).items():
        # /health and /readyz answer 503 themselves, in their own shape; an early refusal has the problem's.
        if status in responses:
            own = responses[status]
            responses[status] = response | {
                "description": f"{own['description']}; or {response['description']}",
                "content": own["content"] | response["content"],
            }
        else:
            responses[status] = response
    found["responses"] = {str(status): responses[status] for status in sorted(responses)}
    return found | dict(operation.extensions)


def _content(body: Body, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if body.json is not None:
        content["application/json"] = {"schema": schemas.of(body.json)}
    if body.raw:
        content[body.raw] = {}
    return content


def _of_path(path: str, operation: Operation) -> list[Parameter]:
    told = {one.name: one for one in operation.parameters if one.place == "path"}
    return [told[name] for name in _PLACEHOLDER.findall(path)]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required or parameter.place == "path",
        "description": parameter.description,
        "schema": typed(parameter.schema),
    }


def _security(path: str) -> list[dict[str, list[str]]]:
    if path in OPTIONAL | SELF_JUDGED:
        return [{}, *_ANY_SCHEME]
    return [] if access(path) is Access.PUBLIC else list(_ANY_SCHEME)


def _of_access(path: str) -> frozenset[str]:
    match access(path):
        case Access.PUBLIC:
            return frozenset()
        case Access.OPTIONAL:
            return KEYS | {"invalid_api_key"}
        case Access.OWNER:
            return CREDENTIAL | {"not_owner"}
        case Access.ADMIN:
            return CREDENTIAL | {"admin_required"}
    return CREDENTIAL


def _identity(path: str, method: str) -> str:
    """Return a name for generated clients, such as `post_rqlite_query`; the first generation's carry no version."""
    words = re.findall(r"[A-Za-z0-9]+", path.removeprefix("/v1"))
    version = ["v1"] if path == "/v1/health" else []
    return "_".join([method.lower(), *version, *words])
