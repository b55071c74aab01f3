"""Finds out who asks and whether they may, and records who may not."""

from starlette.types import ASGIApp, Receive, Scope, Send

from debros.gateway.auth.access import Access, access
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.authenticator import Credentials
from debros.gateway.auth.caller import caller
from debros.gateway.auth.credentials import Presented, presented
from debros.gateway.auth.live_sockets import LiveSocket, LiveSockets
from debros.gateway.auth.principal import Principal
from debros.gateway.auth.refusals import (
    Denied,
    admin_required,
    invalid_credential,
    missing_credential,
    not_owner,
)
from debros.gateway.errors import Problem
from debros.gateway.rates import address_key, too_many
from debros.gateway.state import maybe_principal, timings
from debros.gateway.workers.place import Limiter

_DENIALS = frozenset({401, 403})


class Auth:
    """Sets `scope["state"]["principal"]` (None where nobody has to be known).

    Args:
        app: What comes next.
        credentials: Knows who owns a credential.
        audit: Where refusals are recorded.
        failures: How many wrong credentials one address may try.
        anonymous: Who asks without a credential; None when one is required.
        live_sockets: Where open WebSockets are watched over.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        credentials: Credentials,
        audit: Audit,
        failures: Limiter,
        anonymous: Principal | None,
        live_sockets: LiveSockets,
    ) -> None:
        self._app = app
        self._credentials = credentials
        self._audit = audit
        self._failures = failures
        self._anonymous = anonymous
        self._live_sockets = live_sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who asks, then pass the request on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        try:
            with timings(scope).measure("auth"):
                principal = await self._admit(scope)
            scope["state"]["principal"] = principal
            if scope["type"] == "websocket" and principal is not None and not principal.static:
                await self._watched(principal, scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except Problem as problem:
            if problem.status in _DENIALS:
                self._record(problem, scope)
            raise

    async def _admit(self, scope: Scope) -> Principal | None:
        asks = access(scope["path"])
        if asks is Access.PUBLIC:
            return None
        given = presented(scope)
        if given is None:
            if asks is Access.OPTIONAL:
                return None
            if self._anonymous is None or asks is Access.ADMIN:
                raise missing_credential()
            return self._anonymous
        principal = await self._find(given, scope)
        if asks is Access.OWNER and not principal.owner:
            raise not_owner(principal.namespace, principal.subject, principal.key_id)
        if asks is Access.ADMIN and not principal.admin:
            raise admin_required(principal.namespace, principal.subject, principal.key_id)
        return principal

    async def _find(self, given: Presented, scope: Scope) -> Principal:
        """Return the owner of a credential; also where none is required, a wrong one is refused."""
        client = scope.get("client")
        address = address_key(client[0]) if client else ""
        guess = given.ticket or not self._credentials.remembers(given.text)
        if guess and (wait := self._failures.wait(address)):
            raise too_many(wait, "failures")
        if given.ticket:
            principal = await self._credentials.ticket(given.text)
        else:
            principal = await self._credentials.authenticate(given.text)
        if principal is None:
            self._failures.take(address)
            raise invalid_credential()
        return principal

    async def _watched(self, principal: Principal, scope: Scope, receive: Receive, send: Send) -> None:
        socket = LiveSocket(principal, send)
        self._live_sockets.add(socket)
        try:
            await self._app(scope, receive, socket.send)
        finally:
            self._live_sockets.remove(socket)

    def _record(self, problem: Problem, scope: Scope) -> None:
        principal = maybe_principal(scope)
        known = (principal.namespace, principal.subject, principal.key_id) if principal else ("", "", "")
        said = (problem.namespace, problem.subject, problem.credential) if isinstance(problem, Denied) else ("", "", "")
        namespace, subject, credential = (told or seen for told, seen in zip(said, known, strict=True))
        entry = Entry("access", "denied", namespace, subject, credential, f"{problem.code} {scope['path'][:200]}")
        self._audit.note(entry, caller(scope))
