"""docs/limits.md, written from the schema of gateway.yaml and from what the gateway says beyond each limit."""

from collections.abc import Iterator
from typing import Final

from debros.config.schema import GATEWAY, Field
from debros.config.words import default_words

_HEAD: Final = """\
# Limits

<!-- Written by `make openapi` from the schema and src/debros/gateway/openapi/limitpage.py, to be changed there. -->

Everything a caller can ask for has a bound. What is over it is refused with a [code](errors.md), and nothing is
applied or cut short in silence. The settings are keys of [gateway.yaml](configuration.md#gatewayyaml), the same at
every gateway of a cluster; how much a host needs for them stands in [performance.md](performance.md).

## Settings

| key | default | bounds | beyond it |
|---|---|---|---|
"""
_SECTIONS: Final = ("limits", "rates", "writes", "pubsub")
_MEBIBYTE, _KIBIBYTE = 2**20, 2**10
# What happens beyond a setting; those that are no limits are left out of the page.
BEYOND: Final = {
    "limits.max_body_bytes": "413 `body_too_large`",
    "limits.max_value_bytes": "413 `value_too_large`",
    "limits.max_message_bytes": "413 `message_too_large`; a WebSocket is closed with 1009",
    "limits.max_rows": "413 `result_too_large`",
    "limits.max_response_bytes": "413 `result_too_large`; of a write's RETURNING 503 `outcome_unknown`",
    "limits.max_sql_bytes": "413 `sql_too_long`",
    "limits.max_statements": "413 `too_many_statements`",
    "limits.max_tables": "413 `too_many_tables`",
    "limits.max_database_size": "507 `database_full`; reads and deletions go on",
    "limits.max_idempotency_keys": "429 `too_many_idempotency_keys`",
    "limits.max_idempotency_bytes": "429 `too_many_idempotency_keys`",
    "limits.max_key_bytes": "400 `invalid_key`, `invalid_prefix`",
    "limits.max_topic_bytes": "400 `invalid_topic`",
    "limits.max_member_bytes": "400 `invalid_member`, `invalid_parameter`",
    "limits.read_timeout": "503 `database_unavailable`; a query that is too slow 400 `sql_error`",
    "limits.write_timeout": "503 `outcome_unknown`; still waiting for its turn: 503 `database_busy`",
    "limits.header_timeout": "408 `request_timeout`",
    "limits.idle_timeout": "the connection is closed; a body that takes so long gets 408 `request_timeout`",
    "limits.max_connections": "503 `too_many_connections`",
    "limits.max_sockets": "503 `too_many_sockets`",
    "limits.max_topics": "429 `too_many_topics`",
    "limits.drain_delay": "the gateway goes on with its stop",
    "limits.drain_timeout": "503 `outcome_unknown`, for a GET `restarting`",
    "rates.requests_per_second": "429 `rate_limited`",
    "rates.requests_burst": "429 `rate_limited`",
    "rates.sign_in_per_second": "429 `rate_limited`",
    "rates.sign_in_burst": "429 `rate_limited`",
    "rates.failures_per_second": "429 `rate_limited`",
    "rates.failures_burst": "429 `rate_limited`",
    "writes.batch": "another request to the database",
    "writes.batch_bytes": "another request to the database",
    "writes.waiting": "503 `database_busy`",
    "writes.waiting_bytes": "503 `database_busy`",
    "writes.namespace_share": "429 `too_many_writes`",
    "pubsub.ws_queue": "the socket is closed with 1013, or loses its oldest messages",
    "pubsub.ping_interval": "after two missed pongs the socket is closed",
    "pubsub.relay_timeout": "503 `relay_unavailable`",
}
NO_LIMITS: Final = frozenset({"writes.group_commit", "pubsub.ws_envelope", "pubsub.topic_linger"})
_FIXED: Final = """
## Fixed

| what | most | beyond it |
|---|---|---|
| head of a request | 64 KiB | 431 `headers_too_large` |
| body of a request to `/v1/auth/*` without a credential | 16 KiB | 413 `body_too_large` |
| values of one statement (`?`) | 32,766 | 400 `invalid_argument` |
| parentheses inside each other in SQL | 200 | 400 `sql_refused` |
| tables, views and subqueries that one statement reads, those inside views included | 1,000 | 400 `sql_refused` |
| keys in one page of a storage listing | 1,000 | 400 `invalid_parameter` |
| ETags in If-Match or If-None-Match | 100 | 400 `invalid_condition` |
| owners of a namespace | 100 | 409 `too_many_owners` |
| apps of a namespace | 1,000 | 409 `too_many_apps` |
| messages of one WebSocket on their way to the node | 64 | reading from it waits |
| bytes of messages on their way to the node, all sockets together | 64 MiB | reading from all waits |
| topics that the programs of one host follow | 8,192 | 503 `node_error` |
| an Idempotency-Key is kept | 24 hours | the request is a new one |
| a list of API keys | 1,000 | the oldest are shown |
"""


def limits() -> str:
    """Return the page.

    Raises:
        KeyError: A setting of these sections neither says what is beyond it nor is known to be no limit.
    """
    return _HEAD + "".join(_rows()) + _FIXED


def _rows() -> Iterator[str]:
    for path, field in GATEWAY.leaves():
        key = ".".join(map(str, path))
        if path[0] in _SECTIONS and key not in NO_LIMITS:
            yield f"| `{key}` | {_default(key, field)} | {field['meta']['help']} | {BEYOND[key]} |\n"


def _default(key: str, field: Field) -> str:
    value = field["default"]
    if not isinstance(value, int) or isinstance(value, bool):
        return default_words(field)
    if "bytes" in key or key.endswith("_size"):
        for size, unit in ((_MEBIBYTE, "MiB"), (_KIBIBYTE, "KiB")):
            if value >= size and value % size == 0:
                return f"{value // size:,} {unit}"
    return f"{value:,}"
