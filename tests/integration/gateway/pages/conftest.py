"""The sign-in page in a real browser; the gateway runs in the test's event loop, the browser is driven by a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from selenium import webdriver

from debros.gateway.auth import logins
from testkit.browser import Page, chromium


@pytest.fixture(autouse=True)
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let codes live longer than a browser takes to carry them on a busy machine."""
    monkeypatch.setattr(logins, "LIFETIME", 600_000)


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(driver: webdriver.Chrome) -> Iterator[Page]:
    """A new tab, which must not have had anything to complain of when the test ends."""
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    driver.get_log("browser")
    tab = Page(driver)
    tab.size(1024, 768)
    yield tab
    log = tab.log()
    driver.close()
    driver.switch_to.window(first)
    assert [line for line in log if not tab.expects(line)] == []


@pytest.fixture
def browse() -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    """Do something with the browser while the gateway goes on in its event loop."""
    return asyncio.to_thread


class Listener:
    """A program that listens at a callback, as network-cli does.

    Chromium opens a second connection ahead, and sends nothing on it: who listens to one connection at a time waits a
    minute for that one.
    """

    def __init__(self) -> None:
        heard = self.heard = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not self.path.startswith("/favicon"):
                    heard.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(b"The program is signed in.")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.callback = f"http://127.0.0.1:{self._server.server_port}/callback"
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    running = Listener()
    yield running
    running.close()
