"""Putting releases in place; the Python environments are stand-ins here (the real ones: tests/integration/release)."""

import contextlib
import errno
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from debros.release import archive, unpack

FILES = {"bin/rqlited": "r", "requirements.txt": "q", "roles/x.yml": "x", "ansible/site.yml": "s"}


@pytest.fixture(autouse=True)
def environments(monkeypatch):
    """Stand-ins for the environments; returns what was asked for."""
    asked = []

    def make(release: Path, name: str, requirements: str) -> None:
        asked.append((release.name, name, requirements))
        (release / name).mkdir(exist_ok=True)
        unpack.write_stamp(release / name)

    monkeypatch.setattr(unpack, "make_environment", make)
    monkeypatch.setattr(unpack.platform, "machine", lambda: "x86_64")
    return asked


@pytest.fixture
def run(tmp_path, capsys):
    def run(*words, code=0):
        with contextlib.suppress(SystemExit):
            assert unpack.main([*map(str, words), "--into", str(tmp_path / "src")]) == code
        out, err = capsys.readouterr()
        return json.loads(out) if code == 0 else err

    return run


def tree(top: Path) -> list[str]:
    return (
        sorted(path.relative_to(top).as_posix() for path in top.rglob("*") if path.name != ".lock")
        if top.exists()
        else []
    )


def test_a_release_is_unpacked_made_current_and_left_alone_afterwards(small, run, tmp_path, environments):
    file, whole = small(FILES, {"playbooks": "ansible"})
    first = run(file, "--switch", "--sha256", archive.sha256(file))
    home = tmp_path / "src" / whole.id
    assert first == {
        "changed": True, "id": whole.id, "path": str(home), "steps": ["unpack", "switch"], "previous": "",
        "runtime_changed": True,
    }  # fmt: skip
    assert (tmp_path / "src" / "current").resolve() == home
    assert (home / "playbooks" / "site.yml").read_text() == "s"
    assert environments == [(whole.id, "venv", "requirements.txt")]
    before = tree(tmp_path / "src")
    second = run(file, "--switch")
    assert (second["changed"], second["steps"]) == (False, [])
    assert tree(tmp_path / "src") == before


def test_check_changes_nothing_and_says_what_it_would_do(small, run, tmp_path):
    file, _ = small(FILES)
    assert run(file, "--switch", "--check")["steps"] == ["unpack", "switch"]
    assert not (tmp_path / "src").exists()


def test_an_interrupted_run_is_done_anew(small, run, tmp_path):
    file, whole = small(FILES)
    half = tmp_path / "src" / whole.id
    half.mkdir(parents=True)
    (half / "left-over").touch()
    assert run(file)["steps"] == ["unpack"]
    assert not (half / "left-over").exists()
    assert (half / ".complete").exists()


def test_another_python_than_last_time_makes_the_environment_again(small, run, tmp_path):
    file, whole = small(FILES)
    run(file, "--switch")
    (tmp_path / "src" / whole.id / ".complete").write_text("3.10\n")
    assert run(file, "--switch")["steps"] == ["unpack"]


def test_the_environment_with_ansible_can_come_later(small, run, environments):
    file, whole = small(FILES)
    run(file, "--switch")
    assert run(file, "--switch", "--deploy")["steps"] == ["deploy"]
    assert environments[-1] == (whole.id, "ansible-venv", "requirements-deploy.txt")
    assert run(file, "--deploy")["changed"] is False


DEBS = {"debs/debian-12/iptables_1_amd64.deb": "i", "debs/debian-12/ufw_1_all.deb": "u"}


def debs(home: Path) -> dict[str, str]:
    return {path.relative_to(home).as_posix(): path.read_text() for path in home.glob("debs/*/*")}


def bundled(small, tmp_path, files):
    """Return a plain release and the bundle of it, whose archive has another name."""
    plain, whole = small(FILES)
    plain = plain.rename(tmp_path / "plain.tar.gz")
    bundle, same = small({**FILES, **files})
    assert same.id == whole.id
    return plain, bundle.rename(tmp_path / "bundle.tar.gz"), tmp_path / "src" / whole.id


def test_a_bundle_brings_its_packages_to_a_release_that_is_there(small, run, tmp_path, environments):
    plain, bundle, home = bundled(small, tmp_path, DEBS)
    run(plain, "--switch")
    before = {path: path.stat().st_mtime_ns for path in (home / "bin/rqlited", home / ".complete")}
    assert run(bundle, "--switch", "--check")["steps"] == ["packages"]
    assert debs(home) == {}
    done = run(bundle, "--switch", "--sha256", archive.sha256(bundle))
    assert (done["changed"], done["steps"], done["runtime_changed"]) == (True, ["packages"], False)
    assert debs(home) == DEBS
    assert set(json.loads((home / "release.json").read_text())["files"]) == {*FILES, *DEBS}
    # What runs is untouched: neither file nor environment was made again.
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(environments) == 1
    # And neither of the two changes anything now.
    assert run(bundle, "--switch")["changed"] is False
    assert run(plain, "--switch")["changed"] is False
    assert debs(home) == DEBS


def test_a_newer_bundle_s_packages_take_the_place_of_the_older_ones(small, run, tmp_path):
    newer = {"debs/debian-12/ufw_2_all.deb": "U"}
    _, bundle, home = bundled(small, tmp_path, DEBS)
    run(bundle, "--switch")
    second = small({**FILES, **newer})[0]
    assert run(second, "--switch")["steps"] == ["packages"]
    assert debs(home) == newer


def test_packages_that_were_replaced_by_half_are_replaced_anew(small, run, tmp_path, monkeypatch):
    _, bundle, home = bundled(small, tmp_path, DEBS)
    run(bundle, "--switch")
    second = small({**FILES, "debs/debian-12/ufw_2_all.deb": "U"})[0]

    class KilledError(BaseException):
        pass

    def killed(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(unpack.os, "sync", killed)
        with pytest.raises(KilledError):
            run(second, "--switch")
    # Whichever comes next finds out that its packages may not be there.
    assert run(bundle, "--switch")["steps"] == ["packages"]
    assert debs(home) == DEBS
    assert not list(home.glob(".packages*"))


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda found: [(info, b"other" if info.name in DEBS else data) for info, data in found], "refused"),
    (lambda found: [pair for pair in found if pair[0].name not in DEBS], "lacks debs/debian-12/iptables"),
])  # fmt: skip
def test_packages_that_are_not_what_was_listed_leave_the_release_as_it_was(small, run, tmp_path, spoil, message):
    plain, bundle, home = bundled(small, tmp_path, DEBS)
    run(plain, "--switch")
    before = tree(home)
    rewrite(bundle, bundle, members=spoil)
    assert message in run(bundle, "--switch", code=1)
    assert tree(home) == before
    assert run(plain, "--switch")["changed"] is False


def test_one_earlier_release_is_kept_to_go_back_to(small, run, tmp_path):
    made = [small({**FILES, "roles/x.yml": str(number)})[0] for number in range(3)]
    ids = []
    for number, file in enumerate(made):
        done = run(file, "--switch")
        ids.append(done["id"])
        os.utime(tmp_path / "src" / done["id"] / ".complete", (number, number))
    left = {path.name for path in (tmp_path / "src").iterdir() if path.is_dir() and not path.is_symlink()}
    assert left == {ids[1], ids[2]}
    back = run(made[1], "--switch")
    assert (back["steps"], back["previous"], back["runtime_changed"]) == (["switch"], ids[2], False)


def test_services_restart_only_for_another_runtime(small, run):
    run(small(FILES)[0], "--switch")
    assert run(small({**FILES, "roles/x.yml": "y"})[0], "--switch")["runtime_changed"] is False
    assert run(small({**FILES, "bin/rqlited": "new"})[0], "--switch")["runtime_changed"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arch": "riscv64"}, "this release is for riscv64; this machine is x86_64"),
        ({"pythons": ("3.8",)}, "this release has packages for 3.8"),
        ({"version": "../x"}, "no name of a release"),
    ],
)
def test_a_release_for_another_host_is_refused(small, run, tmp_path, changes, message):
    file, _ = small(FILES)
    rewrite(file, file, lambda about: {**about, **changes, **({"id": "../x"} if "version" in changes else {})})
    assert message in run(file, "--switch", code=1)
    assert tree(tmp_path / "src") == []


def rewrite(source: Path, target: Path, edit=lambda about: about, members=lambda found: found) -> None:
    """Write an archive again with another release.json or other members ((info, data) pairs)."""
    with tarfile.open(source) as tar:
        found = [(info, tar.extractfile(info).read() if info.isreg() else b"") for info in tar]
    about = json.dumps(edit(json.loads(found[0][1]))).encode()
    with tarfile.open(target, "w:gz") as tar:
        for info, data in [(found[0][0], about), *members(found[1:])]:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "playbooks/evil", "./x"])
def test_a_name_that_leads_elsewhere_is_refused(small, run, tmp_path, name):
    file, _ = small(FILES, {"playbooks": "ansible"})
    rewrite(file, file, lambda about: {**about, "files": {**about["files"], name: ["0" * 64, "644"]}})
    assert "could be written elsewhere; refused" in run(file, code=1)
    assert tree(tmp_path / "src") == []


@pytest.mark.parametrize("target", ["/etc", "..", "../../etc", "ansible/../../x"])
def test_a_link_that_leads_outside_is_refused(small, run, tmp_path, target):
    file, _ = small(FILES, {"playbooks": "ansible"})
    rewrite(file, file, lambda about: {**about, "links": {"playbooks": target}})
    assert "outside of itself; refused" in run(file, code=1)
    assert tree(tmp_path / "src") == []


def device(found):
    info = tarfile.TarInfo("bin/rqlited")
    info.type = tarfile.CHRTYPE
    return [(info, b"") if member.name == "bin/rqlited" else (member, data) for member, data in found]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (lambda found: [*found, (tarfile.TarInfo("extra"), b"")], "contains 'extra', which its release.json does not"),
        (lambda found: [*found, found[0]], "which its release.json does not; refused"),  # twice
        (lambda found: found[1:], "lacks"),
        (lambda found: [(info, b"other") for info, _ in found], "is not what release.json says; refused"),
        (device, "is not what release.json says; refused"),
    ],
)
def test_content_that_is_not_what_was_listed_is_refused_and_removed(small, run, tmp_path, members, message):
    file, _ = small(FILES)
    rewrite(file, file, members=members)
    assert message in run(file, "--switch", code=1)
    assert tree(tmp_path / "src") == []


def test_a_wrong_checksum_is_refused_before_anything_is_written(small, run, tmp_path):
    file, _ = small(FILES)
    assert "refused. Fetch it again." in run(file, "--sha256", "0" * 64, code=1)
    assert not (tmp_path / "src").exists()


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"hello", mtime=0)])
def test_another_file_is_no_release(run, tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert "is not a release" in run(tmp_path / "x", code=1)


def test_a_truncated_archive_leaves_nothing(small, run, tmp_path):
    file, _ = small({**FILES, "bin/rqlited": os.urandom(100_000).hex()})
    file.write_bytes(file.read_bytes()[:50_000])
    assert run(file, code=1).startswith("error: ")
    assert tree(tmp_path / "src") == []


def test_too_little_room_is_said_before_anything_is_written(small, run, tmp_path, monkeypatch):
    file, _ = small(FILES)
    usage = type("Usage", (), {"free": 0})
    monkeypatch.setattr(unpack.shutil, "disk_usage", lambda _: usage)
    assert "has 0 MB left" in run(file, code=1)
    assert not (tmp_path / "src").exists()


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(small, run, tmp_path, monkeypatch):
    file, _ = small(FILES)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "x")

    monkeypatch.setattr(unpack, "make_environment", full)
    said = run(file, "--switch", code=1)
    assert said == "error: x: No space left on device; nothing was left behind. Free some space and run this again.\n"
    assert tree(tmp_path / "src") == []


def test_it_needs_nothing_but_the_standard_library(tmp_path):
    copy = tmp_path / "unpack.py"
    copy.write_bytes(Path(unpack.__file__).read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", copy, "--help"], capture_output=True, text=True, check=True, cwd="/"
    )
    assert "--into" in done.stdout


@pytest.mark.parametrize("check", [True, False])
def test_a_program_that_finds_the_disk_full_is_believed(check):
    script = "import sys; print('[Errno 28] No space left on device'); sys.exit(1)"
    with pytest.raises(OSError, match="No space left on device"):
        unpack.run([sys.executable, "-c", script], check=check)
