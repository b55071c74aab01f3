"""A session is opened only when it can be kept, and ended when it turns out that it cannot."""

import contextlib
import fcntl
import json
import resource
import signal
import time
from pathlib import Path

import pytest

LOGIN = ["auth", "login", "--format", "json"]


@pytest.fixture
def file(home) -> Path:
    (home / ".debros").mkdir(mode=0o700)
    return home / ".debros" / "credentials.json"


@pytest.fixture
def held(file):
    """Hold the file's lock, as another process would."""
    with contextlib.ExitStack() as stack:

        def hold():
            lock = stack.enter_context(file.with_name("credentials.json.lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)

        yield hold


def paths(gateway):
    return [seen.path for seen in gateway.requests]


def meanwhile(gateway, happens):
    """Let something happen just before the gateway opens the session."""
    verify = gateway.answers["/v1/auth/verify"]

    def answer(seen):
        happens()
        return verify(seen)

    gateway.answers["/v1/auth/verify"] = answer


def test_a_locked_file_is_told_before_anything_is_asked(fake, gateway, run, key_file, held) -> None:
    held()
    done = run(*LOGIN, "--timeout", "100ms", "--key-file", str(key_file))
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("credentials_locked", 5)
    assert "another process has held its lock for 0.1s" in error["error"]
    assert (gateway.requests, fake.families) == ([], [])


@pytest.mark.parametrize(("words", "asked"), [(LOGIN, []), (["storage", "list"], ["/v1/storage/list"])])
def test_a_file_that_cannot_be_written_is_told_before_a_session_is_opened(
    words, asked, fake, gateway, run, key_file, file, tmp_path
) -> None:
    place = tmp_path / "gone" / "credentials.json"
    file.symlink_to(place)
    done = run(*words, "--format", "json", "--key-file", str(key_file))
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("credentials_unusable", 3)
    assert error["error"] == f"{file} (a link to {place}): cannot be written (No such file or directory)"
    assert error["hint"].startswith(f"make {place.parent} a directory with room that you may write to, or name another")
    assert "DEBROS_CREDENTIALS_FILE" in error["hint"]
    assert (paths(gateway), fake.families) == (asked, [])


def test_a_session_that_cannot_be_stored_after_all_is_ended(fake, gateway, run, key_file, file) -> None:
    meanwhile(gateway, lambda: file.write_text("{"))
    done = run(*LOGIN, "--key-file", str(key_file))
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("credentials_unusable", 3)
    assert error["error"].startswith(f"{file}: not JSON")
    assert error["error"].endswith(f"; the session just opened at {gateway.url} was ended there")
    assert [one.ended for one in fake.families] == [True]
    assert file.read_text() == "{"


def test_a_session_that_stays_open_because_the_gateway_went_away_too(fake, gateway, run, key_file, file) -> None:
    meanwhile(gateway, lambda: file.write_text("{"))
    gateway.refuse("/v1/auth/logout", 503, "no_leader", "the database has no leader")
    done = run(*LOGIN, "--key-file", str(key_file))
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("credentials_unusable", 3)
    assert "could not be ended there (the database has no leader), so it stays open until it runs out" in error["error"]
    assert "network-cli auth logout --all" in error["error"]
    assert [one.ended for one in fake.families] == [False]


def test_ctrl_c_while_another_process_holds_the_lock(fake, gateway, start, key_file, held) -> None:
    meanwhile(gateway, held)
    process = start("auth", "login", "--key-file", str(key_file), env={"DEBROS_GATEWAY_URL": gateway.url})
    while not (fake.families and has_open(process.pid, "credentials.json.lock")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert f"Nothing was stored; the session just opened at {gateway.url} was ended there\n" in err.decode()
    assert [one.ended for one in fake.families] == [True]


def has_open(pid, name):
    opened = []
    for number in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            opened.append(number.readlink().name)
    return name in opened


def test_new_tokens_are_not_asked_for_when_they_cannot_be_kept(fake, gateway, start, store, home) -> None:
    store(-100)
    file = home / ".debros" / "credentials.json"
    text = file.read_text()
    process = start("storage", "list", env={"DEBROS_GATEWAY_URL": gateway.url}, preexec_fn=no_room)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, b"")
    assert err.decode().startswith(f"Error: {file}: cannot be written (File too large)\nHint: make {file.parent} ")
    assert (paths(gateway), fake.families[0].refreshed, file.read_text()) == ([], 0, text)
    assert sorted(one.name for one in file.parent.iterdir()) == ["credentials.json", "credentials.json.lock"]


def no_room():
    """Leave a process no byte to write to any file, as a full disk would."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
