"""The kept document is that of the routes, valid, and complete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.routing import Mount, Route, WebSocketRoute

from debros.gateway.auth.access import PUBLIC
from debros.gateway.openapi.codes import STATUS
from debros.gateway.openapi.describe import Body, describe
from debros.gateway.openapi.document import document
from debros.gateway.openapi.rendered import Rendered
from debros.gateway.routes import all_routes
from testkit.codes import codes

FILE = Path(__file__).parents[4] / "openapi" / "gateway.yaml"
KEPT = yaml.safe_load(FILE.read_text())
OPERATIONS = {
    (path, method.upper()): operation
    for path, methods in KEPT["paths"].items()
    for method, operation in methods.items()
}
# Raised under a name that is put together, or inside an answer with status 200.
_MADE_UP = {"invalid_member", "invalid_prefix", "invalid_topic"}
_INSIDE = {"read_failed"}


def nothing() -> None:
    """Do nothing."""


def test_the_kept_document_has_every_route_and_no_other() -> None:
    registered = set()
    for route in all_routes():
        if isinstance(route, WebSocketRoute):
            assert "x-websocket" in OPERATIONS[route.path, "GET"]
        else:
            registered |= {(route.path, method) for method in (route.methods or set()) - {"HEAD"}}
    assert len(registered) > 40
    assert registered == set(OPERATIONS)


def test_the_kept_document_is_the_one_the_routes_make() -> None:
    assert FILE.read_text() == Rendered(all_routes()).yaml(), "run `make openapi`"


def test_the_kept_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(KEPT).iter_errors()] == []


def test_the_validator_would_see_a_mistake() -> None:
    broken = yaml.safe_load(FILE.read_text())
    broken["paths"]["/v1/rqlite/query"]["post"]["parameters"][0]["in"] = "nowhere"
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_names_of_operations_are_unique_and_every_one_has_an_answer() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    for where, operation in OPERATIONS.items():
        assert any(int(status) < 400 for status in operation["responses"]), where
        assert {"429", "500", "503"} <= set(operation["responses"]), where


def test_whatever_has_fixed_values_says_of_which_type_they_are() -> None:
    """Some generators of clients look at `type` alone, and take anything where there is none."""

    def fixed(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if isinstance(part.get("enum"), list) or not isinstance(part.get("const", {}), dict):
                yield part
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                yield from fixed(inner)

    found = list(fixed(KEPT))
    assert len(found) > 100
    names = {"string": str, "integer": int}
    for schema in found:
        values = schema.get("enum", [schema.get("const")])
        assert all(isinstance(value, names[schema["type"]]) for value in values), schema


def test_exactly_the_open_routes_ask_for_no_credential() -> None:
    told = {path for (path, _), operation in OPERATIONS.items() if operation["security"] == []}
    assert told == (PUBLIC & set(KEPT["paths"])) | {"/v1/auth/login/files/{name}", "/console/files/{name}"}
    closed = [one for one in OPERATIONS.values() if one["security"] and {} not in one["security"]]
    assert len(closed) > 30
    assert all("401" in operation["responses"] for operation in closed)


def test_both_generations_say_the_same() -> None:
    for (path, method), older in OPERATIONS.items():
        if path.startswith("/v1/db/"):
            newer = OPERATIONS[path.replace("/db/", "/rqlite/"), method]
            assert older | {"operationId": ""} == newer | {"operationId": ""}


def test_every_tag_is_used_and_told() -> None:
    assert {tag for operation in OPERATIONS.values() for tag in operation["tags"]} == {
        tag["name"] for tag in KEPT["tags"]
    }


def test_the_table_of_codes_is_what_the_source_raises() -> None:
    raised = set(codes())
    assert [(code, status) for code, status in raised if status is not None and STATUS.get(code) != status] == []
    assert {code for code, _ in raised} - _INSIDE == STATUS.keys() - _MADE_UP


def test_an_endpoint_without_words_is_named() -> None:
    with pytest.raises(LookupError, match=r"nothing.* is not described; put @describe"):
        document([Route("/x", nothing)])


def test_a_websocket_needs_a_get_that_tells_about_it() -> None:
    with pytest.raises(LookupError, match="no GET /x that tells about its WebSocket"):
        document([WebSocketRoute("/x", nothing)])


def test_other_kinds_of_routes_are_refused() -> None:
    with pytest.raises(TypeError, match="does not know this kind of route"):
        document([Mount("/x", routes=[])])


def test_a_code_that_nobody_knows_is_refused() -> None:
    @describe("Gateway", answers={200: Body()}, codes=frozenset({"nonsense"}))
    def endpoint() -> None:
        """Do nothing."""

    with pytest.raises(KeyError, match="nonsense"):
        document([Route("/x", endpoint)])
