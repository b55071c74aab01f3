"""The program: its commands, its exit codes, its words."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from debros.config import ConfigError
from debros.config.problems import Problem
from debros.hosts import units
from debros.hosts.checks import textfile
from debros.hosts.failures import from_below
from debros.hosts.main import COMMANDS, cli
from debros.rqlite.errors import AccessDenied, NoLeader, StatementError, Unavailable
from debros.terminal.durations import DurationType
from debros.terminal.errors import ExitCode
from testkit import systemctl

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs" / "operate.md").read_text()


def commands():
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {child}", command.commands[child]) for child in command.commands)


def run(*words, **extra):
    return subprocess.run(
        [sys.executable, "-m", "debros.hosts.main", *words], capture_output=True, timeout=60, check=False, **extra
    )


def test_every_command_says_what_the_list_says() -> None:
    for name, command in commands():
        if name in COMMANDS:
            assert command.help.splitlines()[0] == COMMANDS[name], name


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_has_help_and_the_common_options(name) -> None:
    page = CliRunner().invoke(cli, [*name.split(), "--help"], catch_exceptions=False).output
    for option in ("--config", "--json", "--quiet", "--verbose"):
        assert option in page


def test_every_command_and_option_is_documented() -> None:
    for name, command in commands():
        assert f"`debros-host {name}" in DOCUMENT, name
        for param in command.params:
            if isinstance(param, click.Option):
                assert f"`{param.opts[-1]}" in DOCUMENT, f"{name} {param.opts}"


def test_the_documents_metrics_are_those_there_are() -> None:
    described = set(re.findall(r"`debros_host_([a-z_]+)", DOCUMENT))
    assert described == set(textfile._HELP)


@pytest.mark.parametrize(
    "words", [(), ("nonsense",), ("wait-ready", "--timeout", "soon"), ("csr",), ("backup", "--keep", "0"), ("restore",)]
)
def test_wrong_usage_is_exit_code_2(words) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_missing_configuration_is_told(tmp_path) -> None:
    done = run("leader", "--config", str(tmp_path / "none.yaml"))
    assert done.returncode == 1
    assert b"none.yaml" in done.stderr
    assert b"Traceback" not in done.stderr
    as_json = json.loads(run("leader", "--json", "--config", str(tmp_path / "none.yaml")).stderr)
    assert as_json["code"] == "configuration"


def test_errors_of_lower_floors_have_exit_codes() -> None:
    expected = {
        NoLeader("x"): ExitCode.UNAVAILABLE,
        Unavailable("x"): ExitCode.UNAVAILABLE,
        AccessDenied("x"): ExitCode.FAILURE,
        StatementError("x"): ExitCode.FAILURE,
        ConfigError([Problem("a", "b")]): ExitCode.FAILURE,
    }
    for error, code in expected.items():
        known = from_below(error)
        assert known is not None
        assert known.exit_code == code
    assert from_below(ZeroDivisionError()) is None


@pytest.mark.parametrize(("text", "seconds"), [("120", 120), ("2m", 120), ("1.5s", 1.5)])
def test_times_may_be_plain_seconds(text, seconds) -> None:
    assert DurationType(bare_seconds=True).convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["0", "-1", "²", "soon", ""])
def test_times_that_are_none(text) -> None:
    with pytest.raises(click.BadParameter):
        DurationType(bare_seconds=True).convert(text, None, None)


@pytest.mark.parametrize("text", ["rqlite", "debros-rqlite", "debros-rqlite.service"])
def test_a_unit_has_three_names(text) -> None:
    assert units.full_name(text) == units.RQLITE


def test_units_are_shown_as_systemd_says(tmp_path, monkeypatch) -> None:
    for name, value in systemctl.install(tmp_path / "bin", {units.NODE: ["/bin/sleep", "60"]}).items():
        monkeypatch.setenv(name, value)
    assert str(units.show(units.GATEWAY)) == "not installed"
    assert str(units.show(units.NODE)) == "inactive (inactive)"
    units.restart(units.NODE, 10)
    try:
        assert units.show(units.NODE).active == "active"
    finally:
        systemctl.Unit(units.NODE).stop()


def test_a_backup_interval_needs_no_database_when_none_is_due(tmp_path) -> None:
    config = tmp_path / "node.yaml"
    config.write_text("node: {type: bootstrap}\ndatabase: {backup_interval: 0}\n")
    done = run("backup", "--config", str(config), "--if-older-than", "interval", "--directory", str(tmp_path / "b"))
    assert done.returncode == 0
    assert done.stdout == b"no backup taken: backups are turned off (database.backup_interval: 0)\n"
    assert not (tmp_path / "b").exists()
