"""The words the guard decides by. Upper case for keywords, lower case for names."""

READ_WORDS = frozenset({"SELECT", "VALUES", "PRAGMA"})
INSERT_WORDS = frozenset({"INSERT", "REPLACE"})
CHANGE_WORDS = INSERT_WORDS | {"UPDATE", "DELETE"}
DDL_WORDS = frozenset({"CREATE", "DROP", "ALTER"})

# Statements with an effect beyond one statement on the one connection that all callers share.
REFUSED_WORDS = {
    "ANALYZE": "statistics are the operator's business",
    "ATTACH": "other databases cannot be attached",
    "BEGIN": "transactions go through the transaction route",
    "COMMIT": "transactions go through the transaction route",
    "DETACH": "other databases cannot be attached",
    "END": "transactions go through the transaction route",
    "EXPLAIN": "query plans are not offered",
    "REINDEX": "indexes keep themselves up to date",
    "RELEASE": "transactions go through the transaction route",
    "ROLLBACK": "transactions go through the transaction route",
    "SAVEPOINT": "transactions go through the transaction route",
    "VACUUM": "compaction is the operator's business",
}

# Read-only and about one named object (https://www.sqlite.org/pragma.html). table_list without an argument
# and database_list would name what is not the tenant's.
PRAGMAS = frozenset(
    {"foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo"}
)

# Names that belong to the gateway or to SQLite. `_gw` and not `_gw_`: an fts5 table `_gw` would own `_gw_content`.
OWNED_PREFIXES = ("_gw", "schema_migrations", "sqlite_", "pragma_")
# Reach files, other tables or the schema behind every name check.
REFUSED_NAMES = frozenset(
    {
        "bytecode",
        "dbstat",
        "edit",
        "fts3_tokenizer",
        "fts5vocab",
        "load_extension",
        "readfile",
        "tables_used",
        "writable_schema",
        "writefile",
    }
)
CATALOGUES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema"})
# fts5 options that cannot make the table read another one, as `content` can
# (https://www.sqlite.org/fts5.html#external_content_tables). fts5 also takes abbreviations: only whole words pass.
FTS5_OPTIONS = frozenset({"columnsize", "detail", "prefix", "tokenize"})
