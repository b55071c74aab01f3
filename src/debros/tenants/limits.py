"""What one call may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from debros.tenants.errors import TooMuch

if TYPE_CHECKING:
    from debros.rqlite.types import QueryResult

USE_LIMIT = "ask for less with LIMIT and OFFSET"


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows of a result, bytes of a statement's text, statements of a transaction."""

    rows: int
    sql_bytes: int
    statements: int

    def check_text(self, sql: str) -> None:
        """Refuse a text that is too long.

        Raises:
            TooMuch: It is.
        """
        size = len(sql.encode(errors="surrogatepass"))
        if size > self.sql_bytes:
            raise TooMuch(
                "sql_too_long",
                f"the SQL text is {size} bytes long; at most {self.sql_bytes} are allowed; "
                "pass values as parameters in args",
            )

    def check_count(self, statements: int) -> None:
        """Refuse a transaction of too many statements.

        Raises:
            TooMuch: It has.
        """
        if statements > self.statements:
            raise TooMuch(
                "too_many_statements",
                f"a transaction of {statements} statements; at most {self.statements} are allowed",
            )

    def bounded(self, result: QueryResult) -> QueryResult:
        """Return a result that is not too long.

        Raises:
            TooMuch: It is.
        """
        if len(result.values) > self.rows:
            raise TooMuch("result_too_large", f"the result has more than {self.rows} rows; {USE_LIMIT}")
        return result
