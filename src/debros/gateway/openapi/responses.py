"""The answers of an operation: those that were asked for, and its problems by status."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson

from debros.gateway.errors import MEDIA_TYPE
from debros.gateway.openapi.codes import by_status
from debros.gateway.openapi.describe import Body
from debros.gateway.openapi.schemas import REFERENCE
from debros.gateway.phrases import phrase

_PROBLEM = {"$ref": REFERENCE.format(name="ProblemDetails")}
_MEDIA_TYPE = MEDIA_TYPE.decode()
_TEXT = {"type": "string"}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds after which it may work; not with outcome_unknown", "schema": _TEXT}
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"description": "RFC 6750", "schema": _TEXT}},
    426: {"Upgrade": {"description": "websocket", "schema": _TEXT}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


def success(status: int, body: Body, content: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that was asked for."""
    found: dict[str, Any] = {"description": body.description or phrase(status)}
    if body.headers:
        found["headers"] = {name: {"description": text, "schema": _TEXT} for name, text in body.headers.items()}
    if content:
        found["content"] = content
    return found


def problems(codes: Iterable[str]) -> dict[int, dict[str, Any]]:
    """Return the error answers for codes, by status."""
    return {status: _problem(status, found) for status, found in by_status(codes).items()}


def share_problems(paths: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put a reference in the place of every problem that several operations give, and return what it refers to."""
    holders = [operation["responses"] for methods in paths.values() for operation in methods.values()]
    uses = Counter(
        _text(status, response)
        for holder in holders
        for status, response in holder.items()
        if set(response.get("content", ())) == {_MEDIA_TYPE}
    )
    several = sorted((text for text, many in uses.items() if many > 1), key=lambda text: (text[0], len(text[1]), text))
    number: Counter[str] = Counter()
    names: dict[tuple[str, bytes], str] = {}
    for text in several:
        name = "".join(word.capitalize() for word in phrase(int(text[0])).split())
        number[name] += 1
        names[text] = name if number[name] == 1 else f"{name}{number[name]}"
    shared: dict[str, Any] = {}
    for holder in holders:
        for status, response in holder.items():
            if (shared_as := names.get(_text(status, response))) is not None:
                shared[shared_as] = response
                holder[status] = {"$ref": f"#/components/responses/{shared_as}"}
    return {name: shared[name] for name in names.values()}


def _text(status: str, response: dict[str, Any]) -> tuple[str, bytes]:
    return status, orjson.dumps(response, option=orjson.OPT_SORT_KEYS)


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    told = {"properties": {"status": {"type": "integer", "const": status}, "code": {**_TEXT, "enum": codes}}}
    return {
        "description": f"{phrase(status)}: {', '.join(codes)}",
        **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        "content": {_MEDIA_TYPE: {"schema": {"allOf": [_PROBLEM, told]}}},
    }
