import pytest

from debros.config import yamlfile


def problem_of(text):
    document = yamlfile.parse(text, "f.yaml")
    assert document.value == {}
    return str(document.problem)


def test_values_are_those_of_yaml_1_2():
    text = "a: no\nb: 08\nc: 1.5\nd: ~\ne:\nf: 'x'\ng: -3\nh: true\ni: 12:30\nj: 2024-01-01\nk: 1e3\nl: 0x1f"
    assert yamlfile.parse(text, "").value == {
        "a": "no",
        "b": "08",
        "c": 1.5,
        "d": None,
        "e": None,
        "f": "x",
        "g": -3,
        "h": True,
        "i": "12:30",
        "j": "2024-01-01",
        "k": "1e3",
        "l": "0x1f",
    }


def test_every_key_and_item_knows_its_line():
    lines = yamlfile.parse("a:\n  b: 1\n\n  c:\n    - x\n    - y\n", "").lines
    assert lines == {("a",): 1, ("a", "b"): 2, ("a", "c"): 4, ("a", "c", 0): 5, ("a", "c", 1): 6}


def test_a_duplicate_key_names_both_lines_and_the_first_value_stays():
    document = yamlfile.parse("a:\n  b: 1\n  c: 2\n  b: 3\n", "")
    assert document.value == {"a": {"b": 1, "c": 2}}
    assert [(fault.path, fault.message) for fault in document.faults] == [(("a", "b"), "duplicate key (lines 2 and 4)")]


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !x [1]", "a: !<y> {b: 1}", "a: !!binary aGk="])
def test_tags_are_refused(text):
    assert [fault.message for fault in yamlfile.parse(text, "").faults] == ["YAML tags are not supported (line 1)"]


def test_a_key_must_be_text():
    assert yamlfile.parse("? [a]\n: 1", "f.yaml").faults[0].message == "a key must be plain text (line 1)"


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "null"])
def test_an_empty_file(text):
    assert problem_of(text) == "f.yaml: file is empty; write one with: network-cli config init"


@pytest.mark.parametrize(("text", "got"), [("- a", "a list"), ("a", "a single value"), ("12", "a single value")])
def test_the_top_must_be_a_mapping(text, got):
    assert problem_of(text) == f"f.yaml: expected a mapping at the top; got {got}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: c: d", "mapping values are not allowed here (line 2)"),
        ("a:\n\tb: 1", r"found character '\t' that cannot start any token (line 2)"),
        ("a: [1", "expected ',' or ']', but got '<stream end>' (line 1)"),
        ("a: 1\n---\nb: 2", "expected a single document in the stream, but found another document (line 2)"),
        ("a: \x01", "character U+0001 is not allowed (line 1)"),
    ],
)
def test_syntax_errors_name_the_line(text, message):
    assert problem_of(text) == f"f.yaml: invalid YAML: {message}; check indentation, quotes and colons on that line"


@pytest.mark.parametrize("text", ["a: *hunter2", "a: [&hunter2 1, &hunter2 2, *hunter3]", "a: !hunter2!x y"])
def test_syntax_errors_do_not_quote_the_file(text):
    document = yamlfile.parse(text, "f.yaml")
    assert "hunter" not in f"{document.problem}{document.faults}"
    assert document.problem


@pytest.mark.parametrize("text", ["[" * 5000, "a: &x [*x]"])
def test_endless_nesting_ends(text):
    assert "nested too deeply" in problem_of(text)


def test_an_alias_bomb_ends():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n" for i in range(9))
    assert "too many values" in str(yamlfile.parse(bomb, "f.yaml").problem)


class TestReadingTheFile:
    def test_a_missing_file(self, tmp_path):
        _, problem = yamlfile.read(tmp_path / "no.yaml")
        assert str(problem) == f"{tmp_path}/no.yaml: file not found; write one with: network-cli config init"

    def test_a_directory(self, tmp_path):
        _, problem = yamlfile.read(tmp_path)
        assert str(problem) == f"{tmp_path}: is a directory; give the path of a YAML file"

    def test_an_unreadable_file(self, tmp_path):
        # A loop of links cannot be read by anybody, root included.
        loop = tmp_path / "loop"
        loop.symlink_to(loop)
        _, problem = yamlfile.read(loop)
        assert "loop: cannot read: Too many levels of symbolic links" in str(problem)

    def test_text_that_is_not_utf_8(self, tmp_path):
        file = tmp_path / "latin1.yaml"
        file.write_bytes(b"a: 1\nb: \xfc\n")
        _, problem = yamlfile.read(file)
        assert str(problem) == f"{file}: not UTF-8 text (line 2); save the file as UTF-8"

    def test_a_byte_order_mark_does_not_matter(self, tmp_path):
        file = tmp_path / "bom.yaml"
        file.write_bytes(b"\xef\xbb\xbfa: 1\n")
        assert yamlfile.read(file) == ("a: 1\n", None)

    def test_a_file_that_cannot_be_a_configuration(self, tmp_path):
        file = tmp_path / "big.yaml"
        file.write_bytes(b"#" * 1_048_577)
        _, problem = yamlfile.read(file)
        assert "too large" in str(problem)
