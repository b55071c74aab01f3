"""What the document says in words."""

from typing import Any

ABOUT = """\
SQL, key-value storage and pub/sub for namespaces that wallets own. JSON in, JSON out.

Errors are `application/problem+json` (RFC 9457) with `error`, the text, and `code`, which is stable; every answer below
lists its codes. `X-Request-ID` is accepted and returned; `Server-Timing` says where the time went. HEAD is answered
wherever GET is. A path that is not here is 404 `not_found`, another method 405 `method_not_allowed`.

The operator may have set other limits than the defaults that are named here, and may have switched off the need for
credentials."""

TAGS = {
    "SQL": "SQLite's SQL over rqlite. `/v1/db/*` is the older twin of `/v1/rqlite/*`; both do the same.",
    "Storage": "Values under keys, with conditions and an optional lifetime.",
    "Pub/sub": "Messages to everybody who listens to a topic, on any host.",
    "Sign-in": "A wallet signs a challenge; tokens and API keys are what it gets for it.",
    "API keys": "Credentials for programs; each is shown once.",
    "Namespaces": "Who owns a namespace.",
    "Apps": "Apps registered in a namespace.",
    "Network": "Peers and database replication.",
    "Console": "A page for owners: how the network is, and what is theirs.",
    "Gateway": "How this gateway is, and what it offers.",
}

SECURITY_SCHEMES: dict[str, dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer <access token or API key>`; `Authorization: ApiKey <API key>` does as "
        "well. A browser's WebSocket may carry `?ticket=`, `?api_key=` or `?token=` instead, which no log shows.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "`X-API-Key: <API key or access token>`",
    },
}
