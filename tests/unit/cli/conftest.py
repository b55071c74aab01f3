"""A fake gateway: a small real HTTP server whose answers a test sets, and which remembers what it was asked."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from debros.cli import credentials
from debros.cli.main import cli

SOURCES = Path(__file__).resolve().parents[3] / "src"


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


@dataclass
class FakeGateway:
    url: str
    requests: list[Seen] = field(default_factory=list)
    answers: dict[str, Answer | Callable[[Seen], Answer]] = field(default_factory=dict)

    @staticmethod
    def reply(body: Any, status: int = 200, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(status, content, {"Content-Type": "application/json"} | headers)

    def answer(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        self.answers[path] = self.reply(body, status, **headers)

    def refuse(self, path: str, status: int, code: str, error: str = "refused", **headers: str) -> None:
        self.answer(path, {"status": status, "error": error, "code": code}, status, **headers)

    @property
    def last(self) -> Seen:
        return self.requests[-1]


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # the program under test may leave at any time
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    gateway: FakeGateway

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = Seen(self.command, url.path, query, {k.lower(): v for k, v in self.headers.items()}, body)
        self.gateway.requests.append(seen)
        found = self.gateway.answers.get(
            url.path, FakeGateway.reply({"error": "no such route", "code": "not_found"}, 404)
        )
        answer = found(seen) if callable(found) else found
        self.send_response_only(answer.status)
        if "Date" not in answer.headers:
            self.send_header("Date", self.date_time_string())
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET  # noqa: N815 - the server looks for this name

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    server = Server(("127.0.0.1", 0), None)
    fake = FakeGateway(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = type("FakeHandler", (Handler,), {"gateway": fake})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, and none of the variables this program reads."""
    directory = tmp_path / "home"
    directory.mkdir()
    for name in list(os.environ):
        if name.startswith("DEBROS_") or name.lower().endswith("_proxy") or name in {"NO_COLOR", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("PYTHONPATH", str(SOURCES))  # for the processes a test starts
    return directory


@pytest.fixture
def run(gateway: FakeGateway) -> Callable[..., Result]:
    """Run the program in this process, against the fake gateway."""

    def run(*args: str, **extra: Any) -> Result:
        return CliRunner(env={"DEBROS_GATEWAY_URL": gateway.url}).invoke(cli, args, catch_exceptions=False, **extra)

    return run


@pytest.fixture
def key(gateway: FakeGateway) -> str:
    """A stored API key for the fake gateway."""
    credentials.save_api_key(None, gateway.url, "ak_secret:default", "default")
    return "ak_secret:default"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the program as a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*args: str, env: dict[str, str] | None = None, **extra: Any) -> subprocess.Popen[bytes]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | extra
        process = subprocess.Popen(
            [sys.executable, "-m", "debros.cli.main", *args],
            env=os.environ | (env or {}),
            **streams,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def interrupt() -> Callable[..., None]:
    """Press Ctrl-C in a program that `start` has started; it must end cleanly, in either form of output."""

    def interrupt(process: subprocess.Popen[bytes], form: str) -> None:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == b""
        if form == "json":
            assert json.loads(err) == {"error": "interrupted", "code": "interrupted", "exit_code": 130}
        else:
            assert err == b"\n"

    return interrupt
