import errno
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from debros.cli.settings import Settings
from debros.terminal import errors
from debros.terminal.errors import CliError, ExitCode


def test_the_json_form(capfd) -> None:
    error = CliError("no", code="c", exit_code=ExitCode.NOT_FOUND, hint="do", extra={"problems": []})
    assert errors.report(error, Settings(format="json"), "network-cli") == 4
    out, err = capfd.readouterr()
    assert out == ""
    assert json.loads(err) == {"error": "no", "code": "c", "exit_code": 4, "hint": "do", "problems": []}


def test_without_a_hint_there_is_no_hint_member(capfd) -> None:
    errors.report(CliError("no", code="c"), Settings(format="json"), "network-cli")
    assert json.loads(capfd.readouterr().err) == {"error": "no", "code": "c", "exit_code": 1}


def test_the_text_form(capfd) -> None:
    assert errors.report(CliError("no", code="c", hint="do"), Settings(), "network-cli") == 1
    assert capfd.readouterr() == ("", "Error: no\nHint: do\n")


@pytest.mark.parametrize(
    ("raised", "exit_code", "code"),
    [
        (click.UsageError("x"), 2, "usage"),
        (click.ClickException("x"), 1, "failure"),
        (click.Abort(), 130, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (FileNotFoundError(errno.ENOENT, "No such file", "f"), 1, "os_error"),
        (UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogate"), 2, "usage"),
        (ZeroDivisionError("x"), 1, "internal_error"),
    ],
)
def test_every_exception_has_an_exit_code(raised, exit_code, code) -> None:
    error = errors.to_cli_error(raised, "network-cli")
    assert (error.exit_code, error.code) == (exit_code, code)


def test_a_file_error_names_the_file() -> None:
    assert (
        errors.to_cli_error(FileNotFoundError(errno.ENOENT, "No such file", "f"), "network-cli").message
        == "f: No such file"
    )


@pytest.mark.parametrize(("verbose", "shown"), [(0, False), (1, True)])
def test_a_trace_is_shown_only_when_asked_for(verbose, shown, capfd) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        raise ZeroDivisionError("x")
    errors.report(raised.value, Settings(verbose=verbose), "network-cli")
    err = capfd.readouterr().err
    assert ("Traceback" in err) == shown
    assert "internal error: ZeroDivisionError: x" in err


def test_a_full_disk_is_an_error_and_not_a_trace(start, gateway) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["a"]})
    with Path("/dev/full").open("wb") as full:
        process = start("storage", "list", stdout=full, env={"DEBROS_GATEWAY_URL": gateway.url})
        _, talk = process.communicate(timeout=60)
    assert process.returncode == 1
    assert talk == b"Error: No space left on device\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["storage", "list"], ["storage", "list", "--format", "json"]])
def test_a_reader_that_goes_away_ends_the_program_quietly(words, unbuffered, start, gateway) -> None:
    gateway.answer("/v1/storage/list", {"keys": [f"{n:0100}" for n in range(10000)]})
    process = start(*words, env={"DEBROS_GATEWAY_URL": gateway.url, "PYTHONUNBUFFERED": unbuffered})
    process.stdout.read(1)
    process.stdout.close()
    talk = process.stderr.read()
    assert process.wait(60) == 141
    assert talk == b""


def test_stderr_that_goes_away_leaves_the_exit_code(start) -> None:
    process = start("nonsense", stderr=subprocess.PIPE)
    process.stderr.close()
    assert process.wait(60) in (2, 141)


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        ("storage list -v >&-", 0),
        ("storage list -v 2>&-", 0),
        ("storage list -v >&- 2>&-", 0),
        ("storage list -v <&-", 0),
        ("storage put k <&-", 2),
        ("nonsense 2>&-", 2),
    ],
)
def test_closed_streams_change_no_exit_code(words, exit_code, gateway, monkeypatch) -> None:
    monkeypatch.setenv("DEBROS_GATEWAY_URL", gateway.url)
    gateway.answer("/v1/storage/list", {"keys": ["a"]})
    line = f"{sys.executable} -m debros.cli.main {words}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    assert done.returncode == exit_code
    assert b"Traceback" not in done.stderr


def test_undecodable_arguments_are_a_usage_error(start, gateway) -> None:
    process = start("storage", "get", b"\xff", env={"DEBROS_GATEWAY_URL": gateway.url})
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 2
    assert talk == b"Error: an argument is not valid UTF-8\n"
