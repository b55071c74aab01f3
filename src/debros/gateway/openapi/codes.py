"""Which status each `code` of a problem comes with, and the codes that come together.

The statuses are decided where the problems are raised; a test compares them with this table.
"""

from collections.abc import Iterable

_BY_STATUS: dict[int, tuple[str, ...]] = {
    400: (
        "access_denied", "api_key_required", "authorization_pending", "bad_request", "cors_refused", "empty_body",
        "expired_token", "idempotency_not_supported", "invalid_argument", "invalid_body", "invalid_callback",
        "invalid_chain_id", "invalid_chain_type", "invalid_clause", "invalid_code_challenge", "invalid_condition",
        "invalid_content_type", "invalid_cursor", "invalid_host", "invalid_idempotency_key", "invalid_json",
        "invalid_key", "invalid_member", "invalid_multiaddr", "invalid_name", "invalid_namespace", "invalid_parameter",
        "invalid_peer_id", "invalid_prefix", "invalid_public_key", "invalid_state", "invalid_table", "invalid_topic",
        "invalid_wallet", "malformed_signature", "not_a_create", "not_a_read", "not_a_write", "read_between_writes",
        "slow_down", "sql_error", "sql_refused",
    ),
    401: (
        "invalid_api_key", "invalid_code", "invalid_nonce", "invalid_refresh_token", "missing_api_key",
        "signature_mismatch",
    ),
    403: ("admin_required", "not_owner", "origin_not_allowed", "unknown_namespace", "wallet_required"),
    404: (
        "api_key_not_found", "app_not_found", "key_not_found", "not_found", "owner_not_found", "row_not_found",
        "session_not_found", "user_code_not_found",
    ),
    405: ("method_not_allowed",),
    408: ("request_timeout",),
    409: (
        "answer_not_kept", "answer_unknown", "idempotency_key_in_use", "last_owner", "too_many_apps", "too_many_owners",
    ),
    412: ("precondition_failed",),
    413: (
        "body_too_large", "message_too_large", "result_too_large", "sql_too_long", "too_many_statements",
        "too_many_tables", "value_too_large",
    ),
    422: ("idempotency_key_reused", "peer_mismatch", "peer_unreachable"),
    426: ("upgrade_required",),
    429: ("rate_limited", "too_many_dials", "too_many_idempotency_keys", "too_many_topics", "too_many_writes"),
    431: ("headers_too_large",),
    500: ("internal_error",),
    503: (
        "database_busy", "database_unavailable", "no_leader", "node_error", "node_unavailable", "outcome_unknown",
        "relay_unavailable", "restarting", "schema_busy", "server_key_differs", "starting", "too_many_connections",
        "too_many_sockets",
    ),
    507: ("database_full",),
}  # fmt: skip
STATUS = {code: status for status, codes in _BY_STATUS.items() for code in codes}

# What any request may be told, wherever it goes.
ALWAYS = frozenset(
    {
        "bad_request", "body_too_large", "headers_too_large", "internal_error", "rate_limited", "request_timeout",
        "restarting", "too_many_connections",
    }
)  # fmt: skip
# What a route adds that decodes JSON.
JSON_BODY = frozenset({"empty_body", "invalid_body", "invalid_json"})
# What asks the database, a credential that has to be looked up included.
DATABASE = frozenset({"database_busy", "database_unavailable", "no_leader", "outcome_unknown", "starting"})
# What works with the server key: credentials, challenges, tokens.
KEYS = DATABASE | {"server_key_differs"}
# What a caller without a good credential gets.
CREDENTIAL = KEYS | {"invalid_api_key", "missing_api_key"}
# A wallet's address, its chain and its namespace.
WALLET = frozenset({"invalid_chain_type", "invalid_namespace", "invalid_wallet"})
# A signed challenge.
SIGNED = KEYS | WALLET | {"invalid_nonce", "malformed_signature", "not_owner", "signature_mismatch"}
# A program that waits at a callback on its own machine.
WAITING = frozenset({"invalid_callback", "invalid_code_challenge", "invalid_state"})
# What a write in a namespace may be told, SQL or not.
WRITE = DATABASE | {"database_full", "too_many_writes"}
# SQL of a tenant; `unknown_namespace` as long as nobody has signed in to it.
SQL = DATABASE | {
    "invalid_argument", "result_too_large", "schema_busy", "sql_error", "sql_refused", "sql_too_long",
    "unknown_namespace",
}  # fmt: skip
# What a write may be told that has an Idempotency-Key; one that is claimed ahead cannot tell how far it came.
ONCE = WRITE | {
    "answer_not_kept", "idempotency_key_in_use", "idempotency_key_reused", "invalid_idempotency_key",
    "too_many_idempotency_keys",
}  # fmt: skip
AT_MOST_ONCE = ONCE | {"answer_unknown"}


def by_status(codes: Iterable[str]) -> dict[int, list[str]]:
    """Return the codes under their statuses, both in order.

    Raises:
        KeyError: A code is not in the table.
    """
    found: dict[int, list[str]] = {}
    for code in sorted(set(codes), key=lambda code: (STATUS[code], code)):
        found.setdefault(STATUS[code], []).append(code)
    return found
