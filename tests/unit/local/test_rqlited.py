"""Which rqlited is taken, with programs that only claim to be one, on a machine that has none and no network."""

import io
import os
import re
from pathlib import Path

import pytest

from debros.config import load_node
from debros.local.cluster import Cluster
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.local.provision import provision
from debros.local.rqlited import chosen, obtain

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty PATH and cache, and a proxy that does not answer."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEBROS_RQLITED", raising=False)
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "dev", 100)


def program(path: Path) -> Path:
    """Put a program there that claims to be rqlited."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\necho 'rqlited v10.2.7 linux'\n")
    path.chmod(0o755)
    return path


def refusal(layout: Layout, hosts: int) -> str:
    with pytest.raises(LocalError) as caught:
        obtain(layout, layout.hosts(hosts), io.StringIO())
    return str(caught.value)


def named(layout: Layout, number: int) -> Path | None:
    return load_node(layout.host(number).node_config, environ={}).database.rqlite_binary


def test_what_is_printed_before_the_first_start_helps(layout: Layout, tmp_path: Path, monkeypatch) -> None:
    said = refusal(layout, 2)
    assert said.startswith("rqlited was not found. Tried:\n  - PATH: no rqlited on the PATH\n")
    tried, ways = said.split("\nWays out:\n")
    assert "release: " in tried
    assert len(ways.splitlines()) == 3
    assert "database.rqlite_binary" not in ways, "there is no file yet to set it in"
    # The ways, one after the other; the first needs a network.
    assert ways.startswith("  - let this machine reach github.com")
    assert "rqlited is on the PATH (https://" in ways
    installed = program(tmp_path / "bin" / "rqlited")
    obtain(layout, layout.hosts(2), io.StringIO())
    installed.unlink()
    assert ways.endswith("\n  - name one that lies elsewhere: DEBROS_RQLITED=/path/to/rqlited make up")
    monkeypatch.setenv("DEBROS_RQLITED", str(program(tmp_path / "elsewhere" / "rqlited")))
    obtain(layout, layout.hosts(2), io.StringIO())


def test_what_is_printed_later_helps(layout: Layout, tmp_path: Path) -> None:
    provision(Cluster(layout, 2))
    ways = refusal(layout, 2).partition("\nWays out:\n")[2]
    assert "DEBROS_RQLITED" not in ways, "it is for new hosts"
    files = re.findall(r"/\S+node\.yaml", ways)
    assert files == [str(host.node_config) for host in layout.hosts(2)]
    elsewhere = program(tmp_path / "elsewhere" / "rqlited")
    for file in map(Path, files):
        file.write_text(file.read_text().replace("database:\n", f"database:\n  rqlite_binary: {elsewhere}\n"))
    obtain(layout, layout.hosts(2), io.StringIO())
    elsewhere.unlink()
    assert refusal(layout, 2) == (
        f"{files[0]}: database.rqlite_binary, {files[1]}: database.rqlite_binary: {elsewhere} is not a file. "
        "Correct it, or empty it to have rqlited searched for"
    )


def test_the_users_choice_is_kept_for_the_next_start_and_for_more_hosts(layout, tmp_path, monkeypatch) -> None:
    mine = program(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEBROS_RQLITED", "mine")
    obtain(layout, layout.hosts(1), io.StringIO())
    provision(Cluster(layout, 1))
    monkeypatch.setenv("DEBROS_RQLITED", "")
    obtain(layout, layout.hosts(3), io.StringIO())
    provision(Cluster(layout, 3))
    assert [named(layout, number) for number in (1, 2, 3)] == [mine] * 3


def test_without_a_choice_nothing_is_written_about_it(layout: Layout) -> None:
    provision(Cluster(layout, 1))
    assert chosen(layout, os.environ) is None
    assert "rqlite_binary" not in layout.host(1).node_config.read_text()


def test_a_choice_that_is_no_rqlited(layout: Layout, tmp_path: Path, monkeypatch) -> None:
    program(tmp_path / "bin" / "rqlited")  # it would do, and is not what was asked for
    other = program(tmp_path / "other")
    other.write_text("#!/bin/sh\necho hello\n")
    monkeypatch.setenv("DEBROS_RQLITED", str(other))
    assert refusal(layout, 1) == (
        f"DEBROS_RQLITED: {other} is not rqlited: `-version` says 'hello'. "
        "Correct it, or empty it to have rqlited searched for"
    )


def test_a_choice_against_an_existing_file_is_not_passed_over(layout: Layout, tmp_path: Path, monkeypatch) -> None:
    provision(Cluster(layout, 1))
    monkeypatch.setenv("DEBROS_RQLITED", str(program(tmp_path / "mine")))
    said = refusal(layout, 1)
    assert said == (
        f"DEBROS_RQLITED={tmp_path}/mine: it is for new hosts only, and {layout.host(1).node_config} exists. "
        "Unset it, and set database.rqlite_binary in that file instead"
    )


def test_a_relative_path_in_the_file_is_the_hosts(layout: Layout) -> None:
    provision(Cluster(layout, 1))
    host = layout.host(1)
    program(host.root / "rqlited")
    host.node_config.write_text(
        host.node_config.read_text().replace("database:\n", "database:\n  rqlite_binary: rqlited\n")
    )
    obtain(layout, [host], io.StringIO())


def test_a_file_that_is_not_valid_is_named(layout: Layout) -> None:
    provision(Cluster(layout, 1))
    file = layout.host(1).node_config
    file.write_text(file.read_text() + "surprise: 1\n")
    assert refusal(layout, 1).startswith(f"{file}: Configuration errors (1):\n")
