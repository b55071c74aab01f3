"""What happens at a real terminal: a command that needs it starts the sign-in by itself."""

import os
import pty
import subprocess
import sys

import pytest

DEADLINE = 60  # seconds, for what has to happen


@pytest.fixture
def at_terminal(gateway):
    """Run the program with stderr on a pseudo-terminal; return exit code, stdout and what the terminal showed."""

    def at_terminal(*words: str) -> tuple[int, str, str]:
        master, slave = pty.openpty()
        environ = os.environ | {"DEBROS_GATEWAY_URL": gateway.url, "TERM": "xterm"}
        process = subprocess.Popen(
            [sys.executable, "-m", "debros.cli.main", *words],
            env=environ,
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
        )
        os.close(slave)
        out, _ = process.communicate(timeout=DEADLINE)
        shown = b""
        while True:
            try:
                shown += os.read(master, 65536)
            except OSError:  # Linux's end of a terminal that nobody holds any more
                break
        os.close(master)
        return process.returncode, out.decode(), shown.decode()

    return at_terminal


@pytest.mark.usefixtures("browser")
def test_a_command_opens_the_browser_and_goes_on(fake, gateway, at_terminal) -> None:
    code, out, shown = at_terminal("storage", "list")
    assert (code, out) == (0, "a\n")
    assert "Opening your browser to sign in" in shown
    assert "Signed in to" in shown
    assert [seen.path.rpartition("/")[2] for seen in gateway.requests] == ["list", "login", "exchange", "list"]
    assert len(fake.families) == 1


def test_without_a_browser_it_shows_a_code(fake, gateway, at_terminal) -> None:
    ask = gateway.answers["/v1/auth/device/token"]

    def approved(seen):
        next(iter(fake.devices.values())).state = "approved"
        return ask(seen)

    gateway.answers["/v1/auth/device/token"] = approved
    code, out, shown = at_terminal("storage", "list")
    assert (code, out) == (0, "a\n")
    assert "BCDF-GHJK" in shown


@pytest.mark.usefixtures("browser", "fake")
def test_no_input_asks_nobody_at_a_terminal_either(gateway, at_terminal) -> None:
    code, out, shown = at_terminal("storage", "list", "--no-input")
    assert (code, out) == (3, "")
    assert f"network-cli auth login --gateway {gateway.url}" in shown
    assert len(gateway.requests) == 1
