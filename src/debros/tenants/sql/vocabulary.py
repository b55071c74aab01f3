"""The words that decide what may run. Upper case for keywords, lower case for names."""

READ_WORDS = frozenset({"SELECT", "VALUES", "WITH"})
INSERT_WORDS = frozenset({"INSERT", "REPLACE"})
CHANGE_WORDS = INSERT_WORDS | {"UPDATE", "DELETE"}
DDL_WORDS = frozenset({"CREATE", "DROP", "ALTER"})
# SQLite's authorizer is never asked about some statements (VACUUM INTO), so the first word decides before it can.
FIRST_WORDS = READ_WORDS | CHANGE_WORDS | DDL_WORDS

# Statements with an effect beyond one statement on the one connection that all callers share.
REFUSED_WORDS = {
    "ANALYZE": "statistics are the operator's business",
    "ATTACH": "other databases cannot be attached",
    "BEGIN": "transactions go through the transaction route",
    "COMMIT": "transactions go through the transaction route",
    "DETACH": "other databases cannot be attached",
    "END": "transactions go through the transaction route",
    "REINDEX": "indexes keep themselves up to date",
    "RELEASE": "transactions go through the transaction route",
    "ROLLBACK": "transactions go through the transaction route",
    "SAVEPOINT": "transactions go through the transaction route",
    "VACUUM": "compaction is the operator's business",
}

# Read-only, about the tenant's own objects (https://www.sqlite.org/pragma.html); answered from the shadow.
PRAGMAS = frozenset(
    {"foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo"}
)

# fts5 options (https://www.sqlite.org/fts5.html). fts5 also takes abbreviations: only whole words pass.
_FTS5_OPTIONS = """
    columnsize content content_rowid contentless_delete contentless_unindexed detail prefix tokenize
"""
FTS5_OPTIONS = frozenset(_FTS5_OPTIONS.split())
MODULES = frozenset({"fts5", "rtree", "rtree_i32"})
# What a virtual table calls the tables it keeps its content in: behind its own name.
MODULE_TABLES = {
    "fts5": ("_config", "_content", "_data", "_docsize", "_idx"),
    "rtree": ("_node", "_parent", "_rowid"),
    "rtree_i32": ("_node", "_parent", "_rowid"),
}

_CORE = """
    abs char coalesce concat concat_ws format glob hex if ifnull iif instr length like likelihood likely lower ltrim max
    min nullif octet_length printf quote random randomblob replace round rtrim sign soundex sqlite_version substr
    substring trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob
"""
_MATHS = """
    acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
    radians sin sinh sqrt tan tanh trunc
"""
_AGGREGATES = """
    avg count cume_dist dense_rank first_value group_concat json_group_array json_group_object jsonb_group_array
    jsonb_group_object lag last_value lead median nth_value ntile percent_rank percentile percentile_cont
    percentile_disc rank row_number string_agg sum total
"""
_JSON = """
    -> ->> json json_array json_array_insert json_array_length json_error_position json_extract json_insert json_object
    json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array
    jsonb_array_insert jsonb_extract jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set
"""
_TIMES = "date datetime julianday strftime time timediff unixepoch"
_NOW = "current_date current_time current_timestamp"
_SEARCH = "bm25 fts5_get_locale fts5_insttoken fts5_locale highlight match snippet"
TIME_FUNCTIONS = frozenset(_TIMES.split())
NOW_WORDS = frozenset(_NOW.split())
RANDOM_FUNCTIONS = frozenset({"random", "randomblob"})
# Every function that a tenant may call. Left out on purpose: last_insert_rowid, changes and total_changes, which tell
# of the neighbours on the shared connection; everything that reaches files, extensions, the page cache or the schema.
FUNCTIONS = frozenset(f"{_CORE} {_MATHS} {_AGGREGATES} {_JSON} {_TIMES} {_NOW} {_SEARCH}".split())
NEIGHBOUR_FUNCTIONS = frozenset({"changes", "last_insert_rowid", "total_changes"})
# What ALTER TABLE calls inside (alter.c); SQLite lets nobody else call them.
_DDL_FUNCTIONS = """
    sqlite_add_constraint sqlite_drop_column sqlite_drop_constraint sqlite_fail sqlite_find_constraint
    sqlite_rename_column sqlite_rename_quotefix sqlite_rename_table sqlite_rename_test
"""
DDL_FUNCTIONS = frozenset(_DDL_FUNCTIONS.split())
# SQLite's own tables that DDL reads and writes; ADD COLUMN looks for rows that break a CHECK with pragma_quick_check.
_DDL_TABLES = """
    pragma_quick_check sqlite_master sqlite_schema sqlite_sequence sqlite_stat1 sqlite_temp_master
    sqlite_temp_schema
"""
DDL_TABLES = frozenset(_DDL_TABLES.split())
