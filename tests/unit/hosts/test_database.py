"""What rqlite says, and what it means; the server here is a fake whose answers a test sets."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from debros.hosts.database import Database
from debros.rqlite.errors import AccessDenied, NoLeader, ProtocolError, RqliteError, Unavailable


class Fake(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.seen, self.version = {}, [], "8"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        self.server.seen.append((self.command, path, body))
        status, answer = self.server.answers.get(path, (200, b""))
        self.send_response(status)
        self.send_header("X-Rqlite-Version", self.server.version)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815 - the server looks for this name

    def log_message(self, *_):
        pass


@pytest.fixture
def fake():
    server = Fake()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def database(fake, tmp_path):
    with Database(fake.server_port, ("admin", "secret"), tmp_path / "rqlite-admin") as opened:
        yield opened


def test_why_it_is_not_ready(fake, database) -> None:
    assert database.not_ready() == ""
    fake.answers["/readyz"] = (503, b"[+]node ok\n[+]leader does not exist")
    assert database.not_ready() == "leader does not exist"
    fake.answers["/readyz"] = (503, b"")
    assert database.not_ready() == "HTTP 503"


@pytest.mark.parametrize(("version", "asked"), [("8", False), ("v8.39.9", False), ("v8.40.0", True), ("v10.2.7", True)])
def test_the_lead_is_handed_over_where_rqlite_can(fake, database, version, asked) -> None:
    fake.version = version
    assert database.hand_over() is asked
    assert (("POST", "/leader", b"") in fake.seen) is asked


@pytest.mark.parametrize("status", [500, 503])
def test_a_boot_that_fails_says_so(fake, database, status) -> None:
    fake.answers["/boot"] = (status, b"boot not supported for multi-node clusters")
    with pytest.raises(RqliteError, match="multi-node"):
        database.boot(iter([b"ab", b"c"]), 3)
    assert fake.seen[-1] == ("POST", "/boot", b"abc")


def test_a_refusal_names_the_file_and_no_password(fake, database) -> None:
    for path in ("/readyz", "/db/backup", "/boot", "/status"):
        fake.answers[path] = (401, b"")
    for call in (
        database.not_ready,
        database.status,
        lambda: list(database.backup()),
        lambda: database.boot(iter([]), 0),
    ):
        with pytest.raises(AccessDenied, match="rqlite-admin") as raised:
            call()
        assert "secret" not in str(raised.value)


def test_no_leader_while_a_backup_is_asked_for(fake, database) -> None:
    fake.answers["/db/backup"] = (503, b"leader not found")
    with pytest.raises(NoLeader):
        list(database.backup())


@pytest.mark.parametrize("answer", [b"", b"[]", b"nonsense"])
def test_a_status_that_is_none(fake, database, answer) -> None:
    fake.answers["/status"] = (200, answer)
    with pytest.raises(ProtocolError):
        database.status()


def test_nobody_there(tmp_path, unused_tcp_port) -> None:
    with Database(unused_tcp_port, None, tmp_path / "x") as database:
        for call in (database.not_ready, database.nodes, lambda: list(database.backup())):
            with pytest.raises(Unavailable, match=f"127.0.0.1:{unused_tcp_port}"):
                call()
        with pytest.raises(Unavailable):
            database.transaction([["SELECT 1"]])
