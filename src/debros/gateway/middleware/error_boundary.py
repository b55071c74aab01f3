"""Every failure becomes the one shape of error; what nobody foresaw is logged with its trace and shown without."""

import asyncio
from collections.abc import Awaitable

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from debros import logs
from debros.gateway.errors import Problem
from debros.gateway.middleware.base import Step
from debros.gateway.problems import problem_for
from debros.gateway.protocols.limits import STOPPING
from debros.rqlite.errors import CallerGone

_log = logs.get("debros.gateway")
_SERVER_ERROR = 500
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_INTERNAL_ERROR_CLOSE = 1011  # RFC 6455, 7.4.1


class ErrorBoundary(Step):
    """Answers problems over HTTP; on a WebSocket before it is accepted as well, after that by closing it."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and answer for what goes wrong."""
        started = False

        def send_noting_start(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await self._app(scope, receive, send_noting_start)
        except asyncio.CancelledError:
            # Nobody but a gateway that stops cancels requests: this one took longer than it can wait.
            if started or scope["type"] != "http":
                raise
            scope["state"]["problem"] = _given_up(scope["method"])
            await _answer(scope, send, scope["state"]["problem"])
        except (ClientDisconnect, CallerGone):
            return  # gone before its body was here, or before its write was sent; there is nobody to answer
        except Exception as error:  # noqa: BLE001 - this is the boundary: nothing may pass it
            if started and scope["type"] == "websocket" and isinstance(error, OSError):
                return  # the server's way of saying that the peer is gone
            problem = problem_for(error, scope.get("method", "GET"), scope["path"])
            if problem is None or problem.status == _SERVER_ERROR:
                _log.exception("internal error", path=scope["path"])
            if started:
                await self._break_off(scope, send, error)
            else:
                problem = problem or _internal_error()
                scope["state"]["problem"] = problem
                await _answer(scope, send, problem)

    @staticmethod
    async def _break_off(scope: Scope, send: Send, error: Exception) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _INTERNAL_ERROR_CLOSE})
        else:
            raise error  # half an answer is out; the server cuts the connection, which the client notices


def _internal_error() -> Problem:
    return Problem(500, "internal_error", "the gateway failed to handle the request; the operator's log has the reason")


def _given_up(method: str) -> Problem:
    if method in _READS:
        return STOPPING
    return Problem(
        503,
        "outcome_unknown",
        "the gateway was stopped before the answer was there; a write may have been applied: look before repeating it",
        headers={"Connection": "close"},
    )


async def _answer(scope: Scope, send: Send, problem: Problem) -> None:
    headers, body = problem.response(scope["path"])
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    elif "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": problem.code})
