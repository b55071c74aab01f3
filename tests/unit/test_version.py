import json
from pathlib import Path

import pytest

from debros import version


def test_it_is_the_packages_version() -> None:
    assert version.current().version[0].isdigit()
    assert version.current() is version.current()


def test_a_build_file_names_version_commit_and_time(tmp_path: Path) -> None:
    path = tmp_path / "_build.json"
    path.write_text(json.dumps({"version": "1.2.3", "commit": "abc", "build_time": "2026-01-01T00:00:00Z"}))
    assert version._from_file(path) == version.Version("1.2.3", "abc", "2026-01-01T00:00:00Z")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"commit": "x"}', '{"commit": "x", "build_time": "y"}'])
def test_a_broken_build_file_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "_build.json"
    path.write_text(text)
    assert version._from_file(path) is None
    assert version._from_file(tmp_path / "absent") is None


def test_outside_a_checkout_git_is_not_asked(tmp_path: Path) -> None:
    assert version._from_git(tmp_path) is None
