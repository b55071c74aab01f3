"""The program as a service manager sees it: its command line, its exit status, and what it turns into."""

import os
import shlex
import subprocess
import sys

import pytest
import yaml

from debros.identity import load_or_create
from debros.rqlite.main import main
from testkit.tls import Authority


@pytest.fixture
def rqlited(tmp_path):
    """A stand-in that names its version and otherwise prints its pid and arguments."""
    path = tmp_path / "rqlited"
    path.write_text(
        '#!/bin/sh\n[ "$1" = -version ] && echo \'rqlited v10.2.7 linux\' && exit\necho $$ "$@"\nls -ld "$PWD/db"\n'
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def config(tmp_path, rqlited):
    """Write a configuration and return its path; values by dotted key replace the usual ones."""

    def write(node="", database=""):
        path = tmp_path / "node.yaml"
        path.write_text(
            f"node:\n  type: bootstrap\n  data_dir: {tmp_path}/data\n{node}"
            f"database:\n  data_dir: {tmp_path}/db\n  rqlite_binary: {rqlited}\n{database}"
        )
        return path

    return write


def printed(capsys, *arguments):
    main([*map(str, arguments), "--print"])
    return shlex.split(capsys.readouterr().out)


def value(line, flag):
    return line[line.index(flag) + 1]


def test_print(capsys, config, rqlited, tmp_path):
    line = printed(capsys, "--config", config("  id: n1\n"))
    assert line[0] == str(rqlited)
    assert line[-1] == str(tmp_path / "db")
    assert value(line, "-node-id") == "n1"
    assert value(line, "-http-addr") == "127.0.0.1:5001"
    assert "-raft-heartbeat-timeout" in line
    assert not (tmp_path / "db").exists()


def test_flags_win(capsys, config):
    file = config("  id: n1\n")
    ports = ["--rqlite-http-port", "5999", "--rqlite-raft-port", "7999", "--id", "other", "--adv-addr", "10.1.2.3"]
    line = printed(capsys, "--config", file, *ports)
    assert value(line, "-node-id") == "other"
    assert value(line, "-http-adv-addr") == "10.1.2.3:5999"
    assert value(line, "-raft-addr") == value(line, "-raft-adv-addr") == "10.1.2.3:7999"


def test_the_id_is_the_peer_id_and_stays_it(capsys, config, tmp_path):
    first = value(printed(capsys, "--config", config()), "-node-id")
    assert first == load_or_create(tmp_path / "data" / "identity.key").peer_id
    assert value(printed(capsys, "--config", config()), "-node-id") == first


def test_a_replica(capsys, config, tmp_path):
    file = config("  id: n2\n")
    file.write_text(file.read_text().replace("bootstrap", "node") + "  rqlite_join_address: 127.0.0.1:7001\n")
    line = printed(capsys, "--config", file, "--replica", "--rqlite-raft-port", "7002")
    assert value(line, "-join") == "127.0.0.1:7001"
    assert line[-2:] == ["-raft-non-voter", str(tmp_path / "db")]


@pytest.mark.parametrize(
    ("node", "database", "arguments", "message"),
    [
        ("", "  rqlite_port: 0\n", [], "Configuration errors (1):"),
        ("", "", ["--rqlite-http-port", "x"], "database.rqlite_port"),
        ("  id: n1\n", "", ["--replica"], "database.rqlite_join_address"),
    ],
)
def test_what_cannot_be_started_says_why_and_exits_1(capsys, config, node, database, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        main(["--config", str(config(node, database)), *arguments])
    assert stopped.value.code == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_the_configurations_errors_are_the_contracts_text_and_nothing_else(capsys, config):
    with pytest.raises(SystemExit):
        main(["--config", str(config("", "  rqlite_port: 0\n"))])
    assert capsys.readouterr().err == (
        "Configuration errors (1):\n  - database.rqlite_port: must be between 1 and 65535; got 0\n"
    )


def test_flags_are_written_out(capsys, config):
    with pytest.raises(SystemExit) as stopped:
        main(["--config", str(config("  id: n1\n")), "--rep"])
    assert stopped.value.code == 2
    assert "unrecognized arguments: --rep" in capsys.readouterr().err


def test_no_binary(capsys, config, rqlited):
    file = config("  id: n1\n")
    rqlited.write_text("#!/bin/sh\necho hello\n")
    with pytest.raises(SystemExit) as stopped:
        main(["--config", str(file)])
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    assert "rqlited was not found" in said
    assert said.partition("Ways out:\n")[2] == (
        "  - correct database.rqlite_binary in node.yaml, or empty it to have rqlited searched for\n"
    )


@pytest.mark.parametrize("allowed", [[], ["--allow-third-party"], ["--allow-third-party", "--allow-go"]])
def test_no_binary_anywhere_names_the_flags_that_are_left(capsys, config, tmp_path, monkeypatch, allowed):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    file = config("  id: n1\n")
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "rqlite_binary" not in line))
    with pytest.raises(SystemExit):
        main(["--config", str(file), *allowed])
    ways = capsys.readouterr().err.partition("Ways out:\n")[2]
    assert "rqlited is on the PATH" in ways
    assert "set database.rqlite_binary in node.yaml" in ways
    for flag in ("--allow-third-party", "--allow-go"):
        assert (f"add {flag}" in ways) == (flag not in allowed)


def test_an_unreadable_key_is_never_replaced(capsys, config, tmp_path):
    (tmp_path / "data").mkdir()
    key = tmp_path / "data" / "identity.key"
    key.write_bytes(b"garbage")
    with pytest.raises(SystemExit) as stopped:
        main(["--config", str(config())])
    assert stopped.value.code == 1
    assert "identity.key" in capsys.readouterr().err
    assert key.read_bytes() == b"garbage"


def test_it_becomes_rqlited(config, tmp_path):
    code = "from debros.rqlite.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--config", str(config("  id: n1\n"))],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        arguments, directory = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 0
    # The same process: whoever watches its pid watches the database.
    assert arguments.split()[:3] == [str(process.pid), "-node-id", "n1"]
    assert directory.startswith("drwx------")


@pytest.fixture
def voter(tmp_path, rqlited):
    """The configuration of a first voter, like on a host of its own, and more keys of its database."""

    def write(**database):
        keys = {
            "data_dir": f"{tmp_path}/db",
            "rqlite_binary": str(rqlited),
            "rqlite_join_address": "127.0.0.1:7001",
            "rqlite_bootstrap_expect": 1,
            **{key: str(value) for key, value in database.items()},
        }
        path = tmp_path / "node.yaml"
        path.write_text(
            yaml.safe_dump({"node": {"id": "n1", "type": "node", "data_dir": f"{tmp_path}/d"}, "database": keys})
        )
        return path

    return write


def test_a_first_voter_forms_a_cluster_once(capsys, voter, tmp_path):
    assert value(printed(capsys, "--config", voter()), "-bootstrap-expect") == "1"
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "raft.db").write_bytes(b"\xa8Suffrage")
    line = printed(capsys, "--config", voter())
    assert not {"-bootstrap-expect", "-join"} & set(line)


def test_files_of_the_node_are_none_of_its_business(capsys, voter, tmp_path):
    assert printed(capsys, "--config", voter(rqlite_credentials_file=tmp_path / "absent"))
    with pytest.raises(SystemExit):
        main(["--config", str(voter(rqlite_auth_file=tmp_path / "absent")), "--print"])
    assert "database.rqlite_auth_file: cannot read" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["8", "v10.2.7"])
def test_a_version_that_asks_nobody_for_a_certificate_is_named(capsys, voter, rqlited, tmp_path, version):
    authority = Authority(tmp_path / "ca")
    key, certificate = authority.issue("n1")
    rqlited.write_text(f"#!/bin/sh\necho 'rqlited {version} linux'\n")
    file = voter(rqlite_tls_cert_file=certificate, rqlite_tls_key_file=key, rqlite_tls_ca_file=authority.certificate)
    main(["--config", str(file), "--print", "--allow-third-party"])
    output = capsys.readouterr()
    assert "-node-verify-client" in output.out
    assert ("asks nobody for a certificate" in output.err) == (version == "8")
