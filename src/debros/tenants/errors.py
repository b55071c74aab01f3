"""What a tenant can ask for that is refused before the database sees it.

::

    TenantError
    ├── InvalidName    a key, topic, table or namespace name that is not one
    ├── SqlRefused     a statement that may not run here, or not on this route
    ├── StatementFailed the database refused a statement (SQLite's own text)
    ├── TooMuch        an input or a result over its limit
    ├── KeyNotFound    no value under this key
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


class NotReady(TenantError):  # noqa: N818 - see InvalidName
    """The gateway's own tables are not migrated yet; a later attempt may succeed."""

    def __init__(self) -> None:
        super().__init__("starting", "the gateway is still preparing its tables; try again in a moment")
