import pytest

from debros.config import validate_text


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        (
            "gateway",
            "\nlimits:\n  max_row: 5",
            "limits.max_row: unknown key (line 3); did you mean max_rows?",
        ),
        ("gateway", "Listen_Addr: ':1'", "Listen_Addr: unknown key (line 1); did you mean listen_addr?"),
        ("gateway", "max_rows: 5", "max_rows: unknown key (line 1); did you mean limits.max_rows?"),
        (
            "gateway",
            "security: {zzz: 1}",
            "security.zzz: unknown key (line 1); the closest known key is ",
        ),
        ("client", "\ntimeuot: 5s", "timeuot: unknown key (line 2); did you mean timeout?"),
        ("client", "no-input: true", "no-input: unknown key (line 1); did you mean no_input?"),
        ("gateway", "5: 1", "5: unknown key (line 1); the closest known key is "),
    ],
)
def test_line_and_closest_known_key(kind, text, line):
    (problem,) = validate_text(kind, text, environ={}).problems
    # Where nothing is near, the closest key is arbitrary; that there is one is not.
    assert str(problem).startswith(line)
    assert len(str(problem)) > len(line) or line.endswith("?")


def test_the_example_of_the_documentation():
    text = "node:\n  type: bootstrap\n" + "\n" * 8 + "database:\n  replicaton_factor: 3\n"
    (problem,) = validate_text("node", text, environ={}).problems
    assert str(problem) == "database.replicaton_factor: unknown key (line 12); did you mean replication_factor?"


def test_a_duplicate_key_names_both_lines():
    text = "node:\n  type: bootstrap\n  id: a\n  id: b\n"
    (problem,) = validate_text("node", text, environ={}).problems
    assert str(problem) == "node.id: duplicate key (lines 3 and 4); keep one of them"


def test_a_null_counts_as_not_given():
    text = "node:\n  type: bootstrap\n  id:\n  listen_addresses:\nsecurity:\n"
    assert validate_text("node", text, environ={}).problems == ()


def test_a_null_in_a_list_is_a_mistake():
    text = "node:\n  type: bootstrap\n  listen_addresses:\n    -\n"
    (problem,) = validate_text("node", text, environ={}).problems
    assert str(problem) == "node.listen_addresses[0]: expected a value; got null"


@pytest.mark.parametrize("kind", ["node", "bootstrap", "gateway"])
def test_a_text_that_is_no_document_is_one_problem(kind):
    for text in ("", "- a", "a: [", "a"):
        assert len(validate_text(kind, text, environ={}).problems) == 1


def test_an_unknown_kind_is_a_mistake_of_the_program():
    with pytest.raises(ValueError, match="no configuration file of kind 'x'"):
        validate_text("x", "a: 1")
