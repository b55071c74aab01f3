"""What a request wants of the value that is there (RFC 9110, 13.1), as SQL and as an answer."""

from typing import NamedTuple

from debros.rqlite.types import Value


class Sql(NamedTuple):
    """A part of a statement and the values of its parameters."""

    text: str
    args: tuple[Value, ...] = ()


class Tags(NamedTuple):
    """What a condition names: some versions, or with `every` whichever there is."""

    versions: tuple[str, ...] = ()
    every: bool = False

    def holds(self, version: str) -> bool:
        """Tell whether a version is among them."""
        return self.every or version in self.versions

    def sql(self, version: str) -> Sql:
        """Return the same as an expression over the expression `version`."""
        if self.every or not self.versions:
            return Sql("1" if self.every else "0")
        return Sql(f"{version} IN ({', '.join('?' * len(self.versions))})", self.versions)


class Conditions(NamedTuple):
    """The conditions of a request; None where it has none.

    Attributes:
        match: There must be a value, and its version one of these.
        none_match: There must be no value, or its version none of these.
    """

    match: Tags | None = None
    none_match: Tags | None = None

    def sql(self, live: Sql, version: str) -> Sql:
        """Return when a row may be changed, as an expression over it.

        Args:
            live: Whether the row's value is not over; a value that is over is no value.
            version: Its version.
        """
        text: str = "1"
        args: tuple[Value, ...] = ()
        if self.match is not None:
            named = self.match.sql(version)
            text, args = f"{live.text} AND {named.text}", (*live.args, *named.args)
        if self.none_match is not None:
            named = self.none_match.sql(version)
            text, args = f"{text} AND NOT ({live.text} AND {named.text})", (*args, *live.args, *named.args)
        return Sql(text, args)


ALWAYS = Conditions()
