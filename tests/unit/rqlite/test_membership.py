import pytest

from debros.rqlite.membership import is_marked, is_member, mark, unmark


def test_an_empty_or_missing_directory_is_nobodys(tmp_path):
    assert not is_member(tmp_path)
    assert not is_member(tmp_path / "absent")
    (tmp_path / "raft.db").touch()
    (tmp_path / "rsnapshots").mkdir()
    assert not is_member(tmp_path)


def test_files_alone_do_not_make_a_member(tmp_path):
    # A node that waits for its cluster has a log with a term, and no configuration.
    (tmp_path / "raft.db").write_bytes(bytes(4096) + b"CurrentTerm" + bytes(4096))
    assert not is_member(tmp_path)


def test_a_configuration_in_the_log_does(tmp_path):
    (tmp_path / "raft.db").write_bytes(bytes(8000) + b"\x81\xa7Servers\x91\x83\xa8Suffrage\x00" + bytes(8000))
    assert is_member(tmp_path)


@pytest.mark.parametrize("folder", ["snapshots", "rsnapshots", "wsnapshots"])
def test_a_snapshot_does(tmp_path, folder):
    snapshot = tmp_path / folder / "2-18-1795"
    snapshot.mkdir(parents=True)
    assert not is_member(tmp_path)
    (snapshot / "meta.json").write_text("{}")
    assert is_member(tmp_path)


def test_the_note_to_join_again(tmp_path):
    assert not is_marked(tmp_path)
    assert not is_marked(tmp_path / "absent")
    mark(tmp_path)
    mark(tmp_path)
    assert is_marked(tmp_path)
    assert unmark(tmp_path)
    assert not unmark(tmp_path)
