from pathlib import Path

import pytest

from debros.supervise import read_status, write_status


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_status(path, {"a": [1, None, "x"]})
    assert read_status(path) == {"a": [1, None, "x"]}
    assert [file.name for file in tmp_path.iterdir()] == ["status.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    write_status(path, {"a": 1})
    with pytest.raises(TypeError):
        write_status(path, {"a": object()})
    assert read_status(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["status.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_what_is_no_document_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "status.json"
    path.write_text(text)
    assert read_status(path) is None


def test_no_file_is_none(tmp_path: Path) -> None:
    assert read_status(tmp_path / "status.json") is None
