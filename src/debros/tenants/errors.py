"""What a tenant can ask for that is refused before the database sees it.

::

    TenantError
    ├── InvalidName    a key, topic, table or namespace name that is not one
    ├── SqlRefused     a statement that may not run here, or not on this route
    ├── StatementFailed the database refused a statement (SQLite's own text)
    ├── TooMuch        an input or a result over its limit
    ├── KeyNotFound    no value under this key
    ├── ConditionFailed  the value is not the one the request is about
    ├── UnknownNamespace  a namespace nobody has signed in to
    ├── DatabaseFull   the database is as large as it may be
    ├── SchemaBusy     others kept changing the namespace's schema meanwhile
    └── NotReady       the gateway's own tables are not there yet
"""


class TenantError(Exception):
    """Base of the refusals in this package; `code` is stable and documented, the text is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class InvalidName(TenantError):  # noqa: N818 - names say what happened; the base class says that it is an error
    """A name that cannot be used; the text says which rule it breaks."""


class SqlRefused(TenantError):  # noqa: N818 - see InvalidName
    """A statement or one of its values was refused before it was sent.

    Attributes:
        index: Position in the transaction, from 0; None outside one.
    """

    def __init__(self, code: str, message: str, index: int | None = None) -> None:
        super().__init__(code, message if index is None else f"index {index}: {message}")
        self.index = index

    def at(self, index: int) -> "SqlRefused":
        """Return the same refusal for a statement of a transaction."""
        return SqlRefused(self.code, self.message, index)


class StatementFailed(SqlRefused):
    """SQLite refused a statement: syntax, an unknown table, a constraint. The text is SQLite's own."""

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__("sql_error", message, index)


class TooMuch(TenantError):  # noqa: N818 - see InvalidName
    """Something is larger than its configured limit."""


class KeyNotFound(TenantError):  # noqa: N818 - see InvalidName
    """There is no value under this key."""

    def __init__(self, key: str) -> None:
        super().__init__("key_not_found", f"no value under key {key!r}")


class ConditionFailed(TenantError):  # noqa: N818 - see InvalidName
    """The value under a key is not as the request's conditions want it; nothing was changed."""

    def __init__(self, key: str) -> None:
        super().__init__(
            "precondition_failed",
            f"the value under key {key!r} is not what If-Match or If-None-Match asks for; nothing was changed."
            " Get it with its ETag, and decide anew",
        )


class UnknownNamespace(TenantError):  # noqa: N818 - see InvalidName
    """The namespace has no number: nobody has signed in to it yet."""

    def __init__(self, namespace: str) -> None:
        super().__init__("unknown_namespace", f"there is no namespace {namespace}; sign in to it first")


class DatabaseFull(TenantError):  # noqa: N818 - see InvalidName
    """The database is as large as it may be; reading and deleting go on."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(
            "database_full",
            f"the database has {size} bytes, its limit is {limit}; delete what is not needed, or ask for more room",
        )


class SchemaBusy(TenantError):  # noqa: N818 - see InvalidName
    """Each attempt met a schema that somebody else had just changed; nothing was applied, a later one may succeed."""

    def __init__(self) -> None:
        super().__init__("schema_busy", "others are changing the schema at this moment; nothing was applied, try again")


class NotReady(TenantError):  # noqa: N818 - see InvalidName
    """The gateway's own tables are not migrated yet; a later attempt may succeed."""

    def __init__(self) -> None:
        super().__init__("starting", "the gateway is still preparing its tables; try again in a moment")
