"""What systemd says of units, and that it may say nothing at all."""

import pytest

from debros.hosts import units
from debros.hosts.checks import services
from debros.hosts.checks.result import State
from debros.terminal.errors import CliError


@pytest.fixture
def hanging(tmp_path, monkeypatch):
    """A systemctl that never ends, and no patience with it."""
    program = tmp_path / "systemctl"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(units, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(units, "_STOP_SECONDS", 0.2)


@pytest.mark.usefixtures("hanging")
@pytest.mark.parametrize("ask", [units.show, units.command_line, units.stop])
def test_a_systemd_that_does_not_answer_is_told_as_that(ask) -> None:
    with pytest.raises(CliError, match=r"systemctl show debros-node\.service: no answer within") as told:
        ask(units.NODE)
    assert "/proc/pressure" in told.value.hint


@pytest.mark.usefixtures("hanging")
def test_a_check_of_such_a_host_names_each_service() -> None:
    found = list(services.active_units())
    assert [result.name for result in found] == list(units.SERVICES)
    assert {result.state for result in found} == {State.BAD}
    assert all("no answer within" in result.text for result in found)


def test_a_unit_that_does_not_stop_in_time_is_named(tmp_path, monkeypatch) -> None:
    program = tmp_path / "systemctl"
    program.write_text('#!/bin/sh\ncase $* in *" stop "*) exec sleep 600 ;; esac\necho LoadState=loaded\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(units, "_STOP_SECONDS", 0.5)
    with pytest.raises(CliError, match=r"systemctl stop debros-node\.service took longer than"):
        units.stop(units.NODE)
