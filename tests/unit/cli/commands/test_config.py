import json
import stat
from pathlib import Path

import pytest
import yaml

from debros.config import load_client, load_gateway, load_node
from testkit.mistakes import EIGHT_LINES, EIGHT_MISTAKES

PEER = "/ip4/10.0.0.1/tcp/4001/p2p/12D3KooWA1bQTf2vt5Dhej4zvZGnnpz8pFKBr1o2DTgqTpdEnQyZ"


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch) -> Path:
    """Relative paths of a configuration are checked against the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("NODE_ID", "NODE_TYPE", "RQLITE_PORT", "LOG_LEVEL", "BOOTSTRAP_PEERS", "GATEWAY_ADDR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_a_bootstrap_node_under_the_home_directory(run, home) -> None:
    done = run("config", "init", "--type", "bootstrap")
    path = home / ".debros" / "bootstrap.yaml"
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"Wrote {path}\n")
    assert load_node(path, environ={}).node.type == "bootstrap"
    assert mode(path.parent) == 0o700


def test_init_a_node_with_every_option(run, directory) -> None:
    done = run(
        *("config", "init", "--type", "node", "--name", "./n.yaml", "--id", "n1", "--listen-port", "4009"),
        *("--rqlite-http-port", "5009", "--rqlite-raft-port", "7009", "--join", "10.0.0.1:7001"),
        *("--bootstrap-peers", f"{PEER}, 10.0.0.2"),
    )
    assert done.exit_code == 0, done.stderr
    config = load_node(directory / "n.yaml", environ={})
    assert config.node.id == "n1"
    assert config.node.listen_addresses == ["/ip4/0.0.0.0/tcp/4009"]
    assert (config.database.rqlite_port, config.database.rqlite_raft_port) == (5009, 7009)
    assert config.database.rqlite_join_address == "10.0.0.1:7001"
    assert config.discovery.bootstrap_peers == [PEER, "10.0.0.2"]


def test_init_a_gateway_whose_file_is_closed_to_others(run, directory) -> None:
    assert run("config", "init", "--type", "gateway", "--name", "./g.yaml", "--listen-port", "6009").exit_code == 0
    assert load_gateway(directory / "g.yaml", environ={}).listen_addr == ":6009"
    assert mode(directory / "g.yaml") == 0o600


def test_init_a_client_whose_file_is_read_from_then_on(run, home) -> None:
    path = home / ".debros" / "client.yaml"
    assert run("config", "init", "--type", "client").exit_code == 0
    assert load_client(path, environ={}) == load_client(None, environ={})
    path.write_text("format: json\ntimeout: 5s\n")
    assert json.loads(run("config", "validate", "--name", "client.yaml").stdout)["type"] == "client"
    shown = json.loads(run("config", "show", "--name", "client.yaml").stdout)
    assert (shown["timeout"], shown["no_input"]) == ("5s", False)


@pytest.mark.parametrize("command", [["validate"], ["show"]])
def test_a_client_file_with_problems_does_not_keep_them_from_being_shown(command, run, home) -> None:
    (home / ".debros").mkdir()
    (home / ".debros" / "client.yaml").write_text("timeuot: 5s\n")
    done = run("config", *command, "--name", "client.yaml", "--type", "client")
    assert done.exit_code == 1
    assert done.stderr.count("did you mean timeout?") == 2
    assert "going on without" in done.stderr


def test_init_never_overwrites_unless_forced(run, directory) -> None:
    path = directory / "b.yaml"
    path.write_text("mine")
    done = run("config", "init", "--type", "bootstrap", "--name", "./b.yaml")
    assert done.exit_code == 1
    assert "--force" in done.stderr
    assert path.read_text() == "mine"
    assert run("config", "init", "--type", "bootstrap", "--name", "./b.yaml", "--force").exit_code == 0
    assert load_node(path, environ={})
    assert {file.name for file in directory.iterdir()} == {"b.yaml", "home"}


def test_init_forced_through_a_link_keeps_the_link(run, directory) -> None:
    (directory / "b.yaml").symlink_to(directory / "real.yaml")
    assert run("config", "init", "--type", "bootstrap", "--name", "./b.yaml", "--force").exit_code == 0
    assert (directory / "b.yaml").is_symlink()
    assert load_node(directory / "real.yaml", environ={})


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ([], "database.rqlite_join_address: required for node type"),
        (["--join", "nonsense"], "database.rqlite_join_address: invalid format"),
        (["--join", "a:7001", "--listen-port", "99999"], "node.listen_addresses[0]: invalid TCP port 99999"),
        (["--join", "a:7001", "--bootstrap-peers", "/ip4/10.0.0.1/tcp/4001"], "missing /p2p/<peerID> component"),
    ],
)
def test_init_writes_no_file_that_would_not_be_valid(args, named, run, directory) -> None:
    done = run("config", "init", "--type", "node", "--name", "./n.yaml", *args)
    assert done.exit_code == 1
    assert done.stderr.startswith("Configuration errors (1):\n  - ")
    assert named in done.stderr
    assert not (directory / "n.yaml").exists()


def test_init_with_an_option_of_another_type_is_a_usage_error(run) -> None:
    done = run("config", "init", "--type", "gateway", "--rqlite-raft-port", "7001")
    assert done.exit_code == 2
    assert "--rqlite-raft-port does not apply" in done.stderr


def test_init_as_json(run, home) -> None:
    shown = json.loads(run("config", "init", "--type", "gateway", "--format", "json").stdout)
    assert shown == {"file": str(home / ".debros" / "gateway.yaml"), "type": "gateway"}


def test_validate_a_good_file(run) -> None:
    run("config", "init", "--type", "bootstrap", "--name", "./b.yaml")
    done = run("config", "validate", "--name", "./b.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "b.yaml is a valid bootstrap configuration\n")
    shown = json.loads(run("config", "validate", "--name", "./b.yaml", "--format", "json").stdout)
    assert shown == {"valid": True, "file": "b.yaml", "type": "bootstrap", "notices": []}


def test_validate_lists_all_problems_in_the_text_every_program_uses(run, directory) -> None:
    (directory / "n.yaml").write_text("node: {type: leader, max_connections: 0}\ndatabase: {rqlite_port: 99999}\n")
    done = run("config", "validate", "--name", "./n.yaml")
    assert done.exit_code == 1
    assert done.stdout == ""
    first, *problems = done.stderr.splitlines()
    assert first == f"Configuration errors ({len(problems)}):"
    assert '  - node.type: must be one of [bootstrap node]; got "leader"' in problems
    assert any(line.startswith("  - node.max_connections: must be > 0; got 0") for line in problems)
    assert any(line.startswith("  - database.rqlite_port: must be between 1 and 65535; got 99999") for line in problems)


def test_validate_a_file_with_eight_mistakes(start, directory) -> None:
    (directory / "n.yaml").write_text(EIGHT_MISTAKES)
    process = start("config", "validate", "--name", "./n.yaml")
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout.decode(), stderr.decode()) == (1, "", f"{EIGHT_LINES}\n")


def test_problems_as_json(run, directory) -> None:
    (directory / "n.yaml").write_text("node: {type: leader}\n")
    error = json.loads(run("config", "validate", "--name", "./n.yaml", "--format", "json").stderr)
    assert error["code"] == "config_invalid"
    assert error["exit_code"] == 1
    assert error["problems"][0] == {
        "path": "node.type",
        "message": "must be one of [bootstrap node]",
        "hint": 'got "leader"',
    }


def test_validate_looks_at_the_environment_as_a_start_does(run, monkeypatch) -> None:
    run("config", "init", "--type", "bootstrap", "--name", "./b.yaml")
    monkeypatch.setenv("RQLITE_PORT", "nonsense")
    done = run("config", "validate", "--name", "./b.yaml")
    assert done.exit_code == 1
    assert "RQLITE_PORT" in done.stderr


def test_a_name_without_a_slash_lies_under_the_home_directory(run, home, directory) -> None:
    run("config", "init", "--type", "bootstrap", "--name", "b.yaml")
    assert (home / ".debros" / "b.yaml").exists()
    assert run("config", "validate", "--name", "b.yaml").exit_code == 0
    (directory / "other.yaml").write_text("")
    done = run("config", "validate", "--name", "other.yaml")
    assert done.exit_code == 4
    assert "--name ./other.yaml" in done.stderr


def test_a_file_whose_keys_do_not_tell_its_type(run, directory) -> None:
    (directory / "e.yaml").write_text("logging: {level: info}\n")
    done = run("config", "validate", "--name", "./e.yaml")
    assert done.exit_code == 1
    assert "--type node|bootstrap|gateway|client" in done.stderr
    assert run("config", "validate", "--name", "./e.yaml", "--type", "gateway").exit_code == 0


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\x00", b"- 1\n"])
def test_what_is_no_configuration_is_told_as_a_problem_of_the_file(content, run, directory) -> None:
    (directory / "bad.yaml").write_bytes(content)
    done = run("config", "validate", "--name", "./bad.yaml")
    assert done.exit_code == 1
    assert "bad.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_show_merges_everything_and_hides_secrets(run, directory, monkeypatch) -> None:
    (directory / "g.yaml").write_text('api_keys: ["ak_secret:shop"]\nrqlite_dsn: "http://me:hunter2@db:5001"\n')
    monkeypatch.setenv("GATEWAY_ADDR", ":6009")
    done = run("config", "show", "--name", "./g.yaml")
    assert done.exit_code == 0, done.stderr
    shown = yaml.safe_load(done.stdout)
    assert shown["listen_addr"] == ":6009"
    assert shown["limits"]["max_rows"] == 10000
    assert "shop" in done.stdout
    as_json = run("config", "show", "--name", "./g.yaml", "--format", "json").stdout
    assert json.loads(as_json) == shown
    for text in (done.stdout, as_json):
        assert "ak_secret" not in text
        assert "hunter2" not in text


def test_show_a_file_with_problems_shows_the_problems(run, directory) -> None:
    (directory / "g.yaml").write_text("listen_adr: x\n")
    done = run("config", "show", "--name", "./g.yaml", "--type", "gateway")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "did you mean listen_addr?" in done.stderr


@pytest.mark.parametrize("args", [["validate"], ["show"], ["init"], ["init", "--type", "nonsense"]])
def test_what_is_missing_is_a_usage_error(args, run) -> None:
    assert run("config", *args).exit_code == 2
