"""The tokenizer against SQLite itself: wherever the two can be compared, they are."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.rqlite import sqltext
from debros.rqlite.sqltext import Kind, SqlTextError, first_keyword, is_blank, single_statement, split_statements


def kinds(sql):
    return [(token.kind, token.text) for token in sqltext.tokens(sql)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 'it''s; -- no'", [(Kind.WORD, "SELECT"), (Kind.STRING, "'it''s; -- no'")]),
        ('"a""b" [c;d] `e``f`', [(Kind.QUOTED, '"a""b"'), (Kind.QUOTED, "[c;d]"), (Kind.QUOTED, "`e``f`")]),
        ("x'00fF' X''", [(Kind.BLOB, "x'00fF'"), (Kind.BLOB, "X''")]),
        ("1 1.5 .5 1. 1e-3 0xFF 1_000", [(Kind.NUMBER, n) for n in ["1", "1.5", ".5", "1.", "1e-3", "0xFF", "1_000"]]),
        ("? ?12 :a @b $c #d $a::b(c)", [(Kind.PARAM, p) for p in ["?", "?12", ":a", "@b", "$c", "#d", "$a::b(c)"]]),
        ("a->b->>c||d", [(Kind.WORD, "a"), (Kind.OPERATOR, "->"), (Kind.WORD, "b"), (Kind.OPERATOR, "->>"),
                         (Kind.WORD, "c"), (Kind.OPERATOR, "||"), (Kind.WORD, "d")]),
        ("a/*b*/c--d\ne", [(Kind.WORD, "a"), (Kind.WORD, "c"), (Kind.WORD, "e")]),
        ("a /* never closed ; b", [(Kind.WORD, "a")]),
        ("a /*/ b */ c", [(Kind.WORD, "a"), (Kind.WORD, "c")]),
        ("a/*", [(Kind.WORD, "a"), (Kind.OPERATOR, "/"), (Kind.OPERATOR, "*")]),
        ("\ufeffSELECT größe\u00a0x$", [(Kind.WORD, "SELECT"), (Kind.WORD, "größe\u00a0x$")]),
        ("", []),
    ],
)  # fmt: skip
def test_tokens(sql, expected):
    assert kinds(sql) == expected


def test_a_token_knows_its_place():
    sql = "-- c\n SELECT  'x'"
    assert [(token.start, token.end, sql[token.start : token.end]) for token in sqltext.tokens(sql)] == [
        (6, 12, "SELECT"),
        (14, 17, "'x'"),
    ]


def test_upper_is_for_keywords_only():
    assert [token.upper for token in sqltext.tokens("select \"from\" 'in' ;")] == ["SELECT", "", "", ";"]


@pytest.mark.parametrize(
    "sql",
    ["'open", '"open', "[open", "`open", "x'0'", "x'zz'", "1abc", "0x", "1e", "!", "^", ":", "$a(b", "a\x0b"],
)
def test_what_sqlite_does_not_accept(sql):
    with pytest.raises(SqlTextError, match=r"^line 2: unrecognized token"):
        list(sqltext.tokens("SELECT\n" + sql))


def test_nul_is_refused_anywhere():
    with pytest.raises(SqlTextError, match=r"^line 3: NUL"):
        list(sqltext.tokens("SELECT\n'\na\0b'"))


# No "_": SQLite 3.46 lets digits be grouped with it, older ones do not.
_CHARACTERS = st.text(alphabet="'\"`[];-/*=<>|!.,()?:@#$ax01eE \n\u00e9", max_size=24)


@given(_CHARACTERS)
def test_whatever_sqlite_cannot_tokenise_is_refused_and_nothing_it_accepts(text):
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("EXPLAIN SELECT " + text)
        accepted, message = True, ""
    except (sqlite3.Error, sqlite3.Warning) as err:
        accepted, message = False, str(err)
    finally:
        connection.close()
    try:
        list(sqltext.tokens("EXPLAIN SELECT " + text))
        refused = False
    except SqlTextError:
        refused = True
    if accepted:
        assert not refused
    if message.startswith("unrecognized token"):
        assert refused


@given(_CHARACTERS | st.lists(st.sampled_from(
    ["CREATE", "TEMP", "TRIGGER", "EXPLAIN", "END", ";", "a", "'x;'", "/*;*/", "-- ;\n", "BEGIN", "SELECT 1"]
)).map(" ".join))  # fmt: skip
def test_where_a_statement_ends_is_what_sqlite3_complete_says(text):
    try:
        tokens = list(sqltext.tokens(text))
    except SqlTextError:
        return
    if text.rfind("/*") > text.rfind("*/"):
        return  # sqlite3_complete() calls an open comment incomplete, the parser does not mind it
    try:
        split_statements(text)
        inside_trigger = False
    except SqlTextError:
        inside_trigger = True
    ends = bool(tokens) and tokens[-1].text == ";" and not inside_trigger
    assert sqlite3.complete_statement(text) == ends


_TRIGGER = (
    "CREATE TRIGGER IF NOT EXISTS t AFTER INSERT ON a BEGIN\n"
    "  UPDATE a SET b = CASE WHEN b = ';' THEN 1 ELSE 2 END; -- END;\n  DELETE FROM c;\nEND"
)
_STATEMENTS = st.sampled_from(
    [
        "SELECT 1", "SELECT ';''; --'", 'SELECT ";" FROM [;]', "INSERT INTO t VALUES ('a;b')", "SELECT 1 /* ; */ + 2",
        "SELECT 1 -- ; still\n + 2", _TRIGGER, _TRIGGER.replace("TRIGGER", "TEMP TRIGGER"), "EXPLAIN " + _TRIGGER,
        "CREATE TABLE end_of(t)", "SELECT x'3b'", "EXPLAIN QUERY PLAN SELECT ';'",
    ]
)  # fmt: skip
_BETWEEN = st.sampled_from([";", ";\n", " ; -- comment; \n", ";/* a;b */", ";;", "; ;\n--x;\n;"])


@given(st.lists(st.tuples(_STATEMENTS, _BETWEEN), max_size=6), st.sampled_from(["", "-- head;\n", "\n\n", ";"]))
def test_joined_statements_come_apart_again(parts, head):
    text = head + "".join(statement + between for statement, between in parts)
    split = split_statements(text)
    assert [statement.sql for statement in split] == [statement for statement, _ in parts]
    for statement in split:
        assert text.splitlines()[statement.line - 1].count(statement.sql.splitlines()[0])
        assert sqlite3.complete_statement(statement.sql + ";")
        assert not sqlite3.complete_statement(statement.sql)


def test_the_last_statement_needs_no_semicolon():
    assert split_statements("SELECT 1;\n\nSELECT 2 -- end") == [("SELECT 1", 1), ("SELECT 2", 3)]
    assert split_statements(_TRIGGER) == [(_TRIGGER, 1)]


def test_a_trigger_without_end_is_an_error():
    with pytest.raises(SqlTextError, match=r"line 2: CREATE TRIGGER without END"):
        split_statements("SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;")


@pytest.mark.parametrize(
    "sql", ["", " \n\t", ";", "-- c", "-- c\n", "/* c */", "/* open", " ; -- c\n ;/**/ ", "\ufeff"]
)
def test_blank(sql):
    assert is_blank(sql)
    with pytest.raises(SqlTextError, match=r"empty statement|expected one statement, got 0"):
        single_statement(sql)


@pytest.mark.parametrize("sql", ["a", "-- c\na", "';'", "-", "/*", "; a"])
def test_not_blank(sql):
    assert not is_blank(sql)


@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        ("select 1", "SELECT"),
        (" /* x */ -- y\n With a", "WITH"),
        ("", ""),
        ("'x'", ""),
        ("(SELECT 1)", ""),
        ("-- x", ""),
    ],
)
def test_first_keyword(sql, keyword):
    assert first_keyword(sql) == keyword


def test_single_statement_drops_what_follows_the_semicolon():
    assert single_statement("SELECT 1; -- poison before rqlite 9.3.13") == "SELECT 1"
    assert single_statement(_TRIGGER + ";") == _TRIGGER
    assert single_statement("SELECT ';'") == "SELECT ';'"


def test_single_statement_refuses_several():
    with pytest.raises(SqlTextError, match="expected one statement, got 2"):
        single_statement("SELECT 1; DROP TABLE t")
