"""Where the browser brings the answer: a server on this machine's loopback, for one answer (RFC 8252, section 7.3)."""

from __future__ import annotations

import contextlib
import errno
import hmac
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = "/callback"
_PAGE = (
    "<!doctype html><meta charset=utf-8><title>DeBros Network</title>"
    "<body style='font:1.1rem system-ui;margin:4rem auto;max-width:32rem'><p>{text}</p>"
)
_TAKEN = "network-cli has the answer; the terminal says how it went. You can close this page."
_FOREIGN = "This is not the answer network-cli is waiting for."


@dataclass(frozen=True)
class Reply:
    """What the page said: a one-time code, or why there is none."""

    code: str | None
    error: str | None


class Callback:
    """The server, while it waits.

    Attributes:
        url: where the page has to send the browser.
    """

    def __init__(self, url: str, replies: queue.Queue[Reply]) -> None:
        self.url = url
        self._replies = replies

    def wait(self, seconds: float) -> Reply | None:
        """Return the reply, None when there was none in time."""
        try:
            return self._replies.get(timeout=seconds)
        except queue.Empty:
            return None


@contextlib.contextmanager
def listening(state: str, port: int = 0) -> Iterator[Callback]:
    """Serve until the block is left.

    Args:
        state: what the page must bring along, so that nothing else on this machine can answer for it.
        port: of 127.0.0.1; 0 for a free one.

    Raises:
        CliError: the port is taken, or not ours to use.
    """
    replies: queue.Queue[Reply] = queue.Queue()
    handler = type("_Handler", (_Handler,), {"state": state, "replies": replies})
    try:
        server = _Server(("127.0.0.1", port), handler)
    except OSError as exc:
        taken = exc.errno == errno.EADDRINUSE
        raise CliError(
            f"port {port} of 127.0.0.1 {'is taken by another program' if taken else f'cannot be used: {exc.strerror}'}",
            code="callback_port_taken" if taken else "callback_port_unusable",
            hint="give another one with --callback-port PORT, or none for a free one, or use --device",
        ) from exc
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Callback(f"http://127.0.0.1:{server.server_port}{_PATH}", replies)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a browser's idle connection must not hold up the end
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser may hang up at any time."""


class _Handler(BaseHTTPRequestHandler):
    state: str
    replies: queue.Queue[Reply]
    timeout = 10  # seconds for a request to come; browsers open connections that they never use
    server_version, sys_version = "network-cli", ""

    def do_GET(self) -> None:  # the name is http.server's
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path != _PATH or not hmac.compare_digest(query.get("state", "").encode(), self.state.encode()):
            self._answer(404 if url.path != _PATH else 400, _FOREIGN)
            return
        code, error = query.get("code"), query.get("error")
        if not code and not error:
            self._answer(400, _FOREIGN)
            return
        self._answer(200, _TAKEN)
        self.replies.put(Reply(None if error else code, error))

    def log_message(self, *_: Any) -> None:
        """Say nothing: the request line holds the code."""

    def _answer(self, status: int, text: str) -> None:
        page = _PAGE.format(text=text).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(page)),
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "Connection": "close",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)
