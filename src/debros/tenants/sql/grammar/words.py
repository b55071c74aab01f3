"""SQLite's keywords by what the grammar lets them be (parse.y, tokenize.c)."""

# Keywords that never fall back to a name: all others may be one (`%fallback ID` in parse.y).
_RESERVED = """
    ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DEFERRABLE
    DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT INTO IS
    ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN TO
    TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE
"""
RESERVED = frozenset(_RESERVED.split())
# Names of tables and columns, but not aliases without AS.
JOIN_WORDS = frozenset({"CROSS", "FULL", "INNER", "LEFT", "NATURAL", "OUTER", "RIGHT"})
NOT_ALIASES = RESERVED | JOIN_WORDS | {"INDEXED"}

# Where the expressions of a clause end, outside parentheses.
CLAUSES = frozenset(
    {
        "EXCEPT", "FROM", "GROUP", "HAVING", "INTERSECT", "LIMIT", "ON", "ORDER", "RETURNING", "SELECT", "SET",
        "UNION", "USING", "VALUES", "WHERE", "JOIN",
    }
)  # fmt: skip
COMPOUNDS = frozenset({"EXCEPT", "INTERSECT", "UNION"})
