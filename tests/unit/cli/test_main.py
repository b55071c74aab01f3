import importlib
import json
import subprocess
import sys
import threading

import pytest

from debros.cli.main import COMMANDS
from testkit import commandtree

# What takes longer to load than the whole help page to write, and what loads such things.
HEAVY = (
    *("aiohttp", "asyncio", "cerberus", "coincurve", "Crypto", "cryptography", "http.server", "httpx", "libp2p"),
    *("msgspec", "multiaddr", "nacl", "orjson", "rich", "ssl", "trio", "websockets", "yaml"),
    *("debros.client", "debros.config", "debros.gateway", "debros.hosts", "debros.rqlite"),
)


@pytest.mark.parametrize("words", [words for words, _ in commandtree.walk()], ids=" ".join)
def test_help_loads_no_library_it_does_not_need(words) -> None:
    args = [*words, "--help"]
    script = (
        "import sys; from debros.cli.main import cli\n"
        f"try: cli.main({args!r})\n"
        "except SystemExit as exc: assert exc.code == 0\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert f"Usage: {' '.join(('network-cli', *words))} " in done.stdout
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_under_its_name_and_summary(name) -> None:
    command = importlib.import_module(f"debros.cli.commands.{name.replace('-', '_')}").command
    assert command.name == name
    assert command.help.partition("\n\n")[0] == COMMANDS[name]


@pytest.mark.parametrize(
    "args",
    [
        ["--format", "json", "storage", "list"],
        ["storage", "--format", "json", "list"],
        ["storage", "list", "--format", "json"],
        ["storage", "list", "--format=json"],
        ["--format", "table", "storage", "list", "--format", "json"],
    ],
)
def test_options_stand_before_or_after_the_command(args, gateway, run) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["a"]})
    assert json.loads(run(*args).stdout) == {"keys": ["a"]}


def test_the_last_option_wins(gateway, run) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["a"]})
    assert run("--format", "json", "storage", "list", "--format", "table").stdout == "a\n"


def test_verbose_may_be_spread_and_shows_no_secret(gateway, run, key) -> None:
    gateway.answer("/v1/storage/list", {"keys": []}, **{"X-Request-ID": "abc"})
    shown = run("-v", "storage", "-v", "list").stderr
    assert f"> GET {gateway.url}/v1/storage/list" in shown
    assert "< 200" in shown
    assert "abc" in shown
    assert key not in shown


def test_an_unknown_command_names_the_closest(run) -> None:
    done = run("storge")
    assert done.exit_code == 2
    assert "Did you mean 'storage'?" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "args",
    [
        ["--format", "json", "storage", "--nonsense"],
        ["--nonsense", "--format", "json"],
        ["storage", "get", "--format=json"],
        ["--format", "json"],
        ["--format", "json", "pubsub", "subscribe", "t", "10"],
        ["--format", "json", "--timeout", "soon", "health"],
    ],
)
def test_a_usage_error_is_json_when_asked(args, run) -> None:
    done = run(*args)
    assert done.exit_code == 2
    error = json.loads(done.stderr)
    assert error.keys() == {"error", "code", "exit_code", "hint"}
    assert error["code"] == "usage"
    assert error["exit_code"] == 2
    assert "--help" in error["hint"]


def test_a_value_that_looks_like_the_option_is_not_taken_for_it(run) -> None:
    assert not run("nonsense", "--", "--format", "json").stderr.startswith("{")


def test_without_a_command_the_help_page_is_shown_and_it_is_a_usage_error(run) -> None:
    done = run()
    assert done.exit_code == 2
    assert "Commands:" in done.stderr
    assert done.stdout == ""


def test_help_starts_with_examples_and_tells_shared_options_apart(run) -> None:
    page = run("storage", "list", "--help").stdout
    assert page.index("Examples:") < page.index("\nOptions:") < page.index("Options of every command:")
    assert page.index("--cursor") < page.index("Options of every command:") < page.index("--gateway")


def test_version_of_the_program(run) -> None:
    done = run("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("network-cli ")


def test_a_timeout_that_is_given_is_the_one_that_counts(gateway, run) -> None:
    over = threading.Event()

    def slow(_):
        over.wait(10)  # a program that waits the usual 30 s gets its answer
        return gateway.reply({"keys": []})

    gateway.answers["/v1/storage/list"] = slow
    done = run("storage", "list", "--timeout", "200ms", "--format", "json")
    over.set()
    assert done.exit_code == 5
    assert json.loads(done.stderr)["code"] == "timeout"
    assert run("storage", "list", "--timeout", "1m").exit_code == 0
