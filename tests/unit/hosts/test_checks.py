"""How bad each thing is."""

import datetime as dt
import stat
from types import SimpleNamespace

import pytest

from debros.hosts import units
from debros.hosts.checks import backups, clock, database, disk, services, textfile
from debros.hosts.checks.result import Metric, Result, State
from debros.hosts.cluster import Cluster
from debros.hosts.snapshots import store
from debros.hosts.snapshots.digest import Content
from debros.hosts.snapshots.manifest import Manifest
from debros.rqlite.types import RaftNode

DAY = 86400.0


def put_backup(directory, age):
    created = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)).replace(microsecond=0)
    path = directory / store.name(created)
    path.write_bytes(b"data")
    store.manifest_path(path).write_text(Manifest("", 4, Content({}, ""), "", "n1", created).dump())


@pytest.mark.parametrize(
    ("age", "leads", "service", "timer", "state"),
    [
        (0.5 * DAY, True, "inactive", "active", State.OK),
        (1.6 * DAY, True, "inactive", "active", State.WARN),
        (9.0 * DAY, True, "inactive", "active", State.WARN),  # led long ago, and leads again since a moment
        (9.0 * DAY, True, "inactive", "inactive", State.BAD),
        (None, True, "inactive", "active", State.WARN),
        (None, True, "inactive", "inactive", State.BAD),
        (0.5 * DAY, True, "failed", "active", State.BAD),
        (9.0 * DAY, False, "failed", "active", State.BAD),
        (9.0 * DAY, False, "inactive", "inactive", State.OK),
        (None, False, "inactive", "active", State.OK),
    ],
)
def test_the_age_of_the_newest_backup(tmp_path, monkeypatch, age, leads, service, timer, state) -> None:
    states = {"debros-backup.service": service, "debros-backup.timer": timer}
    monkeypatch.setattr(units, "show", lambda name: units.Unit(name, "loaded", states[name], "", ""))
    if age is not None:
        put_backup(tmp_path, age)
    result = backups.age(tmp_path, DAY, leads=leads)
    assert result.state is state, result.text
    assert bool(result.metrics) is (age is not None)
    assert backups.age(tmp_path, 0.0, leads=leads).state is (State.BAD if service == "failed" else State.OK)


@pytest.mark.parametrize(
    ("load", "active", "result", "states"),
    [
        ("not-found", "inactive", "", []),
        ("loaded", "inactive", "success", [State.OK]),
        ("loaded", "activating", "success", [State.OK]),
        ("loaded", "activating", "exit-code", [State.WARN]),
        ("loaded", "failed", "exit-code", [State.BAD]),
    ],
)
def test_whether_the_list_of_members_is_followed(monkeypatch, load, active, result, states) -> None:
    monkeypatch.setattr(units, "show", lambda name: units.Unit(name, load, active, "", result))
    assert [found.state for found in services.members()] == states


@pytest.mark.parametrize(
    ("reachable", "expected", "factor", "state"),
    [
        ([1, 1, 1], 3, 3, State.OK),
        ([1, 1, 0], 3, 3, State.BAD),
        ([1], 1, 3, State.OK),
        ([1], 3, 3, State.BAD),  # the others never joined
        ([1, 1, 1], 5, 3, State.OK),
        ([1, 1, 1], 0, 3, State.OK),
        ([1, 1, 1, 1], 3, 3, State.OK),
    ],
)
def test_the_voters_there_should_be(reachable, expected, factor, state) -> None:
    members = [
        RaftNode(f"n{n}", "", "", voter=True, reachable=bool(up), leader=n == 0) for n, up in enumerate(reachable)
    ]
    config = SimpleNamespace(database=SimpleNamespace(rqlite_bootstrap_expect=expected, replication_factor=factor))
    assert database._judged(Cluster("n0", tuple(members)), config).state is state


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [
        (50 * 2**30, 100 * 2**30, State.OK),
        (9 * 2**30, 100 * 2**30, State.WARN),
        (2**30 - 1, 4 * 2**30, State.WARN),
        (2**30, 100 * 2**30, State.BAD),
        (100 * 2**20, 200 * 2**20, State.BAD),
        (0, 0, State.BAD),
    ],
)
def test_free_space(tmp_path, free, total, state) -> None:
    assert disk._judged(tmp_path, free, total).state is state


def test_a_disk_is_looked_at_once(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    found = list(disk.space([tmp_path, tmp_path / "a", tmp_path / "none"]))
    assert len(found) == 1
    assert str(tmp_path) in found[0].text


@pytest.mark.parametrize(("says", "state"), [("yes", State.OK), ("no", State.WARN), ("", State.UNKNOWN)])
def test_the_clock(tmp_path, monkeypatch, says, state) -> None:
    program = tmp_path / "timedatectl"
    program.write_text(f"#!/bin/sh\necho {says}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert clock.synchronised().state is state


def test_a_host_that_cannot_tell_the_time_is_not_bad(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clock.synchronised().state is State.UNKNOWN


def test_the_textfile_has_each_check_once_with_its_worst_state() -> None:
    results = [
        Result("disk", State.BAD, "", (Metric("disk_free_bytes", 1, {"path": '/a "b"\\c\n'}),)),
        Result("disk", State.OK, "", (Metric("disk_free_bytes", 2, {"path": "/d"}),)),
        Result("clock", State.UNKNOWN, ""),
    ]
    text = textfile.render(results, 1700000000.5)
    assert text.count("# TYPE debros_host_disk_free_bytes gauge") == 1
    assert 'debros_host_check_state{check="disk"} 3.0\n' in text
    assert 'debros_host_check_state{check="clock"} 1.0\n' in text
    assert 'debros_host_disk_free_bytes{path="/a \\"b\\"\\\\c\\n"} 1.0\n' in text
    assert "debros_host_check_timestamp_seconds 1700000000.5\n" in text
    assert text.endswith("\n")
