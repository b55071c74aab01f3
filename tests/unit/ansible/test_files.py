import os
from pathlib import Path

import pytest
from ansible_collections.debros.network.plugins.modules import files
from ansible_collections.debros.network.plugins.modules.files import Entry, EntryError, apply


def entry(path, **given) -> Entry:
    full = {"state": "file", "content": None, "target": None, "mode": None, "validate": None, **given}
    made = Entry.of({"path": str(path), "owner": "root", "group": "root", **full}, check=False)
    made.uid, made.gid = os.getuid(), os.getgid()
    return made


def names(entries) -> list[str]:
    return [one.path.name for one in entries]


def test_a_second_time_nothing_differs(tmp_path) -> None:
    def wanted() -> list[Entry]:
        return [
            entry(tmp_path / "d", state="directory", mode="0750"),
            entry(tmp_path / "d" / "f", content="text\n", mode="0640"),
            entry(tmp_path / "l", state="link", target="d/f"),
            entry(tmp_path / "gone", state="absent"),
        ]

    (tmp_path / "gone").write_text("")
    differing, _ = apply(wanted(), check=False)
    assert names(differing) == ["d", "f", "l", "gone"]
    assert (tmp_path / "l").read_text() == "text\n"
    assert (tmp_path / "d" / "f").stat().st_mode & 0o777 == 0o640
    assert apply(wanted(), check=False) == ([], [])


def test_check_mode_touches_nothing(tmp_path) -> None:
    differing, diffs = apply(
        [entry(tmp_path / "d", state="directory", mode="0755"), entry(tmp_path / "d" / "f", content="x", mode="0600")],
        check=True,
    )
    assert names(differing) == ["d", "f"]
    assert diffs[0]["after"] == "x"
    assert list(tmp_path.iterdir()) == []


def test_a_mode_is_mended_without_writing_the_file_again(tmp_path) -> None:
    path = tmp_path / "f"
    path.write_text("same")
    path.chmod(0o644)
    before = path.stat()
    differing, _ = apply([entry(path, content="same", mode="0600")], check=False)
    assert names(differing) == ["f"]
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode & 0o777) == (before.st_ino, before.st_mtime_ns, 0o600)


def test_a_refused_file_leaves_all_as_it_was(tmp_path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(EntryError, match="refused, so nothing was changed: no good"):
        apply(
            [
                entry(tmp_path / "a", content="new", mode="0600"),
                entry(tmp_path / "b", content="new", mode="0600", validate=["sh", "-c", "echo no good; test ! -s %s"]),
            ],
            check=False,
        )
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_the_files_name_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    (tmp_path / "a").write_text("old")
    draft = tmp_path / ".b.xyz.debros-new"

    def full(**_) -> tuple[int, str]:
        draft.touch()
        return os.open("/dev/full", os.O_WRONLY), str(draft)

    entries = [
        entry(tmp_path / "a", content="new", mode="0600"),
        entry(tmp_path / "b", content="new", mode="0600"),
    ]
    really = files.tempfile.mkstemp
    monkeypatch.setattr(
        files.tempfile, "mkstemp", lambda **given: full() if given["prefix"] == ".b." else really(**given)
    )
    monkeypatch.setattr(files.os, "fchown", lambda *_: None)
    monkeypatch.setattr(files.os, "fchmod", lambda *_: None)
    with pytest.raises(EntryError, match=rf"{tmp_path}/b: No space left on device"):
        apply(entries, check=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_a_killed_run_left_is_removed(tmp_path) -> None:
    (tmp_path / ".f.abc.debros-new").write_text("secret")
    apply([entry(tmp_path / "f", content="x", mode="0600")], check=False)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_directory_is_not_replaced_by_a_file(tmp_path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(EntryError, match="is a directory and should be: file"):
        apply([entry(tmp_path / "f", content="x", mode="0600")], check=False)


def test_a_directory_may_be_a_link_to_another_disk(tmp_path) -> None:
    (tmp_path / "disk").mkdir(mode=0o700)
    (tmp_path / "data").symlink_to("disk")
    assert apply([entry(tmp_path / "data", state="directory", mode="0700")], check=False) == ([], [])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"mode": "0600"}, "a file needs its content"),
        ({"content": "x"}, "say its mode"),
        ({"state": "link"}, "a link needs its target"),
    ],
)
def test_incomplete_entries(tmp_path, given, message) -> None:
    with pytest.raises(EntryError, match=message):
        entry(tmp_path / "f", **given)


@pytest.mark.parametrize("target", ["key", "./key", "sub/../key", "elsewhere"])
def test_a_link_to_itself_would_cost_the_file_that_is_there(tmp_path, target) -> None:
    (tmp_path / "key").write_text("precious")
    (tmp_path / "sub").mkdir()
    (tmp_path / "elsewhere").symlink_to("key")
    with pytest.raises(EntryError, match="a link to itself would hide the file that is there"):
        entry(tmp_path / "key", state="link", target=target)
    with pytest.raises(EntryError, match="a link to itself"):
        entry(tmp_path / "key", state="link", target=str(tmp_path / target))
    assert (tmp_path / "key").read_text() == "precious"


def test_a_link_that_is_right_stays(tmp_path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "l").symlink_to("real")
    assert apply([entry(tmp_path / "l", state="link", target="real")], check=False) == ([], [])


def test_what_is_missing_above_a_link_is_made_and_the_rest_stays(tmp_path) -> None:
    (tmp_path / "share").mkdir(mode=0o700)
    link = tmp_path / "share" / "man" / "man1" / "l"
    before = os.umask(0o077)
    try:
        assert names(apply([entry(link, state="link", target="/nowhere")], check=True)[0]) == ["l"]
        assert not link.parent.exists()
        assert names(apply([entry(link, state="link", target="/nowhere")], check=False)[0]) == ["l"]
    finally:
        os.umask(before)
    assert str(link.readlink()) == "/nowhere"
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "share", link.parent.parent, link.parent)]
    assert modes == [0o700, 0o755, 0o755]
    assert apply([entry(link, state="link", target="/nowhere")], check=False) == ([], [])
