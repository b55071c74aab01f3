import tarfile

import pytest

from debros.release import archive
from debros.release.errors import ReleaseError


def test_the_same_content_makes_the_same_bytes(small, tmp_path):
    first, whole = small({"b": "b", "a/x": "x"}, {"l": "a"})
    for entry in whole.entries:
        if not entry.link:
            entry.source.touch()
    digest = archive.write(whole, tmp_path / "again.tar.gz")
    assert first.read_bytes() == (tmp_path / "again.tar.gz").read_bytes()
    assert digest == archive.sha256(first)
    with tarfile.open(first) as tar:
        members = tar.getmembers()
    assert [member.name for member in members] == ["release.json", "a/x", "b", "l"]
    assert {(member.uid, member.uname, member.mtime) for member in members} == {(0, "root", 0)}


def test_a_file_that_changed_meanwhile_leaves_no_archive(small, tmp_path):
    _, whole = small({"a": "a"})
    whole.entries[0].source.write_text("changed")
    with pytest.raises(ReleaseError, match="has changed meanwhile"):
        archive.write(whole, tmp_path / "out" / "x.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []
