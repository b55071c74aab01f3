import math

import orjson
import pytest

from debros.rqlite import payload
from debros.rqlite.errors import StatementError
from debros.rqlite.types import Statement


def prepare(sql, args=(), *, writes=True):
    return payload.prepare(Statement(sql, args), 7, writes=writes)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((), ["SELECT 1"]),
        ([None, True, 2**63 - 1, -(2**63), 1.5, "é"], ["SELECT 1", None, True, 2**63 - 1, -(2**63), 1.5, "é"]),
        ({"a": 1, "b": None}, ["SELECT 1", {"a": 1, "b": None}]),
        ({}, ["SELECT 1"]),
    ],
)
def test_rqlites_json_form(args, expected):
    prepared = prepare("SELECT 1", args)
    assert prepared == expected
    assert orjson.loads(payload.encode([prepared])) == [expected]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([1, 2**63], "parameter 2: the integer does not fit in 64 bits"),
        ({"a": -(2**63) - 1}, "parameter 'a': the integer does not fit in 64 bits"),
        ([math.nan], "parameter 1: nan has no JSON form"),
        ([-math.inf], "parameter 1: -inf has no JSON form"),
        (["\ud800"], "parameter 1: not valid Unicode (lone surrogate at character 0)"),
        ([b"x"], "parameter 1: bytes is not null, a boolean, a number or a text; pass data.hex() and write unhex(?)"),
        ([[1]], "parameter 1: list is not null, a boolean, a number or a text"),
        ({":a": 1}, "parameter name ':a' must be given without its prefix: 'a'"),
        ({"": 1}, "parameter name '' is not a text"),
        ({1: 1}, "parameter name 1 is not a text"),
        ("abc", "args must be a list or an object of values, not a single text"),
    ],
)
def test_values_that_rqlite_would_take_badly(args, message):
    with pytest.raises(StatementError) as caught:
        prepare("SELECT ?", args)
    assert caught.value.message == message
    assert caught.value.index == 7


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "empty statement"),
        ("-- only a comment", "empty statement"),
        (";", "expected one statement, got 0"),
        ("SELECT 1; SELECT 2", "expected one statement, got 2"),
        ("SELECT 'open;", "unrecognized token"),
        ("SELECT '\ud800'", "the statement: not valid Unicode"),
        ("/* x */ begin immediate", "BEGIN is not allowed"),
        ("COMMIT", "COMMIT is not allowed"),
        ("END", "END is not allowed"),
        ("ROLLBACK", "ROLLBACK is not allowed"),
        ("SAVEPOINT a", "SAVEPOINT is not allowed"),
        ("RELEASE a", "RELEASE is not allowed"),
        ("ATTACH 'x' AS y", "ATTACH is not allowed"),
        ("DETACH y", "DETACH is not allowed"),
        ("PRAGMA query_only=1", "PRAGMA is not allowed"),
    ],
)
def test_statements_that_are_never_sent(sql, message):
    with pytest.raises(StatementError) as caught:
        prepare(sql)
    assert message in caught.value.message
    assert caught.value.index == 7


def test_a_read_may_ask_a_pragma():
    assert prepare("PRAGMA table_info(t)", writes=False) == ["PRAGMA table_info(t)"]
    with pytest.raises(StatementError, match="BEGIN is not allowed"):
        prepare("BEGIN", writes=False)


def test_what_follows_the_semicolon_is_cut_off():
    assert prepare("SELECT ';'; -- the comment would loop for ever") == ["SELECT ';'"]


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("INSERT INTO t VALUES (1)", False),
        ("INSERT INTO t VALUES (random())", True),
        ("INSERT INTO t VALUES (1) Returning id", True),
        ("INSERT INTO t VALUES (CURRENT_TIMESTAMP)", True),
        ("INSERT INTO t VALUES (strftime('%s', 'now'))", True),
        ("INSERT INTO t VALUES (julianday())", True),
        ("INSERT INTO t VALUES (hex(randomblob(8)))", True),
    ],
)
def test_rqlite_parses_only_what_it_must(sql, needed):
    assert payload.needs_parsing([Statement("INSERT INTO t VALUES (2)"), Statement(sql)]) is needed


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("INSERT INTO t(date) VALUES (datetime('2026-01-01'))", False),
        ("CREATE VIEW v AS SELECT datetime('now')", False),
        ("INSERT INTO t VALUES ('returning')", False),
        ("INSERT INTO t VALUES (1) RETURNING id", True),
    ],
)
def test_of_a_settled_statement_only_returning_matters(sql, needed):
    assert payload.needs_parsing([Statement(sql, verbatim=True)]) is needed


@pytest.mark.parametrize(
    ("sql", "has"),
    [
        ("INSERT INTO t VALUES (1) RETURNING a", True),
        ("INSERT INTO t VALUES (1)\nreturning*", True),
        ("INSERT INTO t VALUES ('returning')", False),
        ('INSERT INTO "returning" VALUES (1)', False),
        ("INSERT INTO t VALUES (1) -- returning", False),
        ("INSERT INTO returning_x VALUES (1)", False),
    ],
)
def test_has_returning(sql, has):
    assert payload.has_returning(sql) is has
