"""docs/errors.md, written from the codes, what they mean, and the routes that give them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from starlette.routing import BaseRoute

from debros.gateway.openapi.codes import ALWAYS, STATUS, by_status
from debros.gateway.openapi.document import document
from debros.gateway.openapi.meanings import AGAIN, DOUBTFUL, MEANINGS

_HEAD: Final = """\
# Errors

<!-- Written by `make openapi` from src/debros/gateway/openapi/meanings.py, to be changed there. -->

`application/problem+json` (RFC 9457) with `error`, the text for people, and `code`, which is stable; in a
transaction also `index`, the zero-based place of the operation. Nothing in it names an upstream address or another
tenant.

```json
{"type": "urn:debros:problem:missing_api_key", "title": "Unauthorized", "status": 401, "detail": "missing API key",
 "instance": "/v1/rqlite/query", "error": "missing API key", "code": "missing_api_key"}
```

The last column: *again* means that nothing was applied and the same request may work later, after `Retry-After`
seconds where the answer has it; *doubtful* that something may have been done:
[acknowledgement.md](acknowledgement.md). Where it is empty nothing was applied, and the same request fails again.
Which exception of the Python client it becomes stands in [client.md](client.md#errors), what closes a WebSocket in
[pubsub.md](pubsub.md#the-websocket).

Inside the `results` of a transaction an operation may also have `read_failed`: the writes were applied, and the
database did not answer this read after them.
"""
# Whatever is asked for; the last three come before a route is found.
_ANYWHERE: Final = ALWAYS | {"cors_refused", "method_not_allowed", "not_found"}
_MANY: Final = 4  # more groups of routes than that are not listed one by one


def errors(routes: Sequence[BaseRoute]) -> str:
    """Return the page."""
    places = _places(document(routes))
    sections = [_HEAD]
    for status, codes in by_status(STATUS).items():
        rows = [_row(code, places.get(code, set())) for code in codes]
        table = "\n".join(["| code | meaning | where | |", "|---|---|---|---|", *rows])
        sections.append(f"## {status}\n\n{table}\n")
    return "\n".join(sections)


def _places(described: dict[str, Any]) -> dict[str, set[str]]:
    """Return the groups of routes (tags) that give each code."""
    shared = described["components"]["responses"]
    found: dict[str, set[str]] = {}
    for methods in described["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                whole = shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
                for code in _codes(whole):
                    found.setdefault(code, set()).update(operation["tags"])
    return found


def _codes(answer: dict[str, Any]) -> Iterable[str]:
    told = answer.get("content", {}).get("application/problem+json", {}).get("schema", {}).get("allOf", ())
    for part in told:
        yield from part.get("properties", {}).get("code", {}).get("enum", ())


def _row(code: str, tags: set[str]) -> str:
    return f"| `{code}` | {MEANINGS[code]} | {_where(code, tags)} | {_after(code)} |"


def _where(code: str, tags: set[str]) -> str:
    if code in _ANYWHERE:
        return "every route"
    return ", ".join(sorted(tags)) if len(tags) <= _MANY else "most routes"


def _after(code: str) -> str:
    return "again" if code in AGAIN else "doubtful" if code in DOUBTFUL else ""
