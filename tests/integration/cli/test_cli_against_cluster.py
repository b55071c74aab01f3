"""`network-cli` as a process, against a real host: gateway, node and rqlited, started by `debros.local`."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.wallets import Ethereum

DEADLINE = 120  # seconds, for what has to happen

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def subscribe(env: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a subscription and wait until it is open."""
    started: list[subprocess.Popen[bytes]] = []

    def subscribe(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "debros.cli.main", "pubsub", "subscribe", *words]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"subscribed to")
        return process

    yield subscribe
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.cluster
def test_health_status_peers_and_version(run: Run) -> None:
    health = run("health", "--format", "json")
    assert health.returncode == 0, health.stderr
    assert json.loads(health.stdout)["status"] == "ok"
    assert b"database\tok\n" in run("health").stdout
    network = json.loads(run("status", "--format", "json").stdout)["network"]
    assert network["connected"] is True
    assert network["raft_role"] == "leader"
    assert json.loads(run("peers", "--format", "json").stdout)["peers"] == []
    assert run("peers").stdout == b"id\tconnected\tlast_seen\tstate\tage\taddresses\n"
    assert json.loads(run("version", "--format", "json").stdout)["gateway"]["version"]


@pytest.mark.cluster
def test_sql_there_and_back(run: Run) -> None:
    assert run("query", "CREATE TABLE IF NOT EXISTS cli (id INTEGER PRIMARY KEY, name TEXT, n INTEGER)").returncode == 0
    big = str(2**63 - 1)
    done = run("query", "INSERT INTO cli VALUES (1, ?, ?), (2, NULL, 0)", "--arg", "tab\there", "--arg", big)
    assert (done.returncode, done.stdout) == (0, b"rows_affected\t2\nlast_insert_id\t2\n")
    rows = run("query", "SELECT * FROM cli ORDER BY id", "--level", "strong")
    assert rows.stdout == f"id\tname\tn\n1\ttab\\there\t{big}\n2\t\\N\t0\n".encode()
    answer = json.loads(run("query", "-", "--format", "json", stdin=b"SELECT n FROM cli WHERE id = 1").stdout)
    assert answer == {"items": [{"n": 2**63 - 1}], "count": 1, "columns": ["n"], "rows": [[2**63 - 1]]}
    assert run("query", "WITH a AS (SELECT 2 AS id) DELETE FROM cli WHERE id IN a").returncode == 0
    assert run("query", "SELECT count(*) AS c FROM cli").stdout == b"c\n1\n"


@pytest.mark.cluster
def test_mistakes_in_sql_have_the_gateways_code(run: Run) -> None:
    done = run("query", "SELECT * FROM nowhere", "--format", "json")
    assert (done.returncode, done.stdout) == (1, b"")
    error = json.loads(done.stderr)
    assert "nowhere" in error["error"]
    assert error["exit_code"] == 1


@pytest.mark.cluster
def test_values_there_and_back(run: Run) -> None:
    key, value = "cli/ä %_+&#", bytes(range(256)) * 100
    assert run("storage", "put", key, "-", stdin=value).returncode == 0
    assert run("storage", "get", key).stdout == value
    exists = run("storage", "exists", key)
    assert (exists.returncode, exists.stdout) == (0, b"true\n")
    assert run("storage", "delete", key).returncode == 0
    exists = run("storage", "exists", key)
    assert (exists.returncode, exists.stdout) == (4, b"false\n")
    assert run("storage", "get", key).returncode == 4


@pytest.mark.cluster
def test_keys_page_by_page(run: Run) -> None:
    for n in range(5):
        assert run("storage", "put", f"page_{n}", "").returncode == 0
    assert run("storage", "put", "pageX0", "").returncode == 0  # _ in a prefix is no wildcard
    first = run("storage", "list", "page_", "--limit", "2")
    assert first.stdout == b"page_0\npage_1\n"
    assert b"--cursor" in first.stderr
    assert (
        run("storage", "list", "page_", "--limit", "2", "--all").stdout == b"page_0\npage_1\npage_2\npage_3\npage_4\n"
    )


@pytest.mark.cluster
def test_messages_there_and_back(run: Run, subscribe: Callable[..., subprocess.Popen[bytes]]) -> None:
    listener = subscribe("cli-news", "--count", "2", "--format", "json")
    assert run("pubsub", "topics").stdout == b"cli-news\n"
    assert run("pubsub", "publish", "cli-news", "it works").returncode == 0
    assert run("pubsub", "publish", "cli-news", "-", stdin=b"\xff\n").returncode == 0
    out, _ = listener.communicate(timeout=DEADLINE)
    assert listener.returncode == 0
    first, second = map(json.loads, out.splitlines())
    assert (first["topic"], first["data"]) == ("cli-news", "it works")
    assert abs(first["timestamp"] / 1000 - time.time()) < DEADLINE
    assert second["data_base64"] == "/wo="


@pytest.mark.cluster
def test_the_end_of_the_duration_and_ctrl_c(subscribe: Callable[..., subprocess.Popen[bytes]]) -> None:
    assert subscribe("cli-quiet", "200ms").wait(DEADLINE) == 0
    listener = subscribe("cli-quiet")
    listener.send_signal(signal.SIGINT)
    assert listener.wait(DEADLINE) == 130


@pytest.mark.cluster
def test_wrong_and_missing_keys(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    wrong = tmp_path / "key"
    wrong.write_text("ak_wrong:default")
    wrong.chmod(0o600)
    assert run("storage", "list", "--api-key-file", str(wrong)).returncode == 3
    assert run("pubsub", "subscribe", "t", "1s", "--api-key-file", str(wrong)).returncode == 3
    right = Path(env["DEBROS_HOME"]) / "api.key"
    assert run("storage", "list", "--api-key-file", str(right)).returncode == 0
    elsewhere = env | {"DEBROS_CREDENTIALS_FILE": str(tmp_path / "none.json")}
    url = f"http://127.0.0.1:{6001 + int(env['DEBROS_PORT_OFFSET'])}"
    command = [sys.executable, "-m", "debros.cli.main", "storage", "list", "--gateway", url]
    done = subprocess.run(command, env=elsewhere, capture_output=True, timeout=DEADLINE, check=False)
    assert done.returncode == 3
    assert b"--api-key-file" in done.stderr


@pytest.mark.cluster
def test_other_names_of_the_same_gateway(run: Run, env: dict[str, str]) -> None:
    assert run("storage", "list", "--gateway", f"localhost:{6001 + int(env['DEBROS_PORT_OFFSET'])}").returncode == 0
    assert (
        run("storage", "list", "--bootstrap", f"/ip4/127.0.0.1/tcp/{4001 + int(env['DEBROS_PORT_OFFSET'])}").returncode
        == 0
    )


@pytest.mark.cluster
def test_migrations_there_once(run: Run, env: dict[str, str], tmp_path: Path) -> None:
    key = tmp_path / "wallet.key"
    key.touch(0o600)
    key.write_text(Ethereum()._key.to_hex())
    # A namespace of its own, since what was applied stays there, and credentials that no other test is to find.
    own = env | {
        "DEBROS_CREDENTIALS_FILE": str(tmp_path / "credentials.json"),
        "DEBROS_GATEWAY_URL": f"http://localhost:{6001 + int(env['DEBROS_PORT_OFFSET'])}",
        "DEBROS_NAMESPACE": "cli-migrations",
        "DEBROS_WALLET_KEY_FILE": str(key),
    }

    def there(*words: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "debros.cli.main", *words]
        return subprocess.run(command, env=own, capture_output=True, timeout=DEADLINE, check=False)

    files = tmp_path / "migrations"
    files.mkdir()
    (files / "001_pets.sql").write_text("CREATE TABLE pets (name TEXT);\nINSERT INTO pets VALUES ('it''s; me');\n")
    (files / "002_wrong.sql").write_text("INSERT INTO pets VALUES ('b');\nINSERT INTO nowhere VALUES (1);\n")
    assert b"1\tpets\tpending" in there("migrate", "status", str(files)).stdout
    done = there("migrate", "up", str(files))
    assert done.returncode == 1
    assert b"002_wrong.sql: statement 2, line 2:" in done.stderr
    assert there("query", "SELECT name FROM pets").stdout == b"name\nit's; me\n"
    (files / "002_wrong.sql").unlink()
    assert there("migrate", "up", str(files)).stderr == b"Nothing is pending\n"
    assert json.loads(run("peer-id", "--format", "json").stdout)["peer_id"].startswith("12D3KooW")
