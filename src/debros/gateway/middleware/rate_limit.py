"""How often one address, and one credential, may ask; stricter where signatures are checked and secrets handed out."""

from starlette.types import ASGIApp, Receive, Scope, Send

from debros.gateway.auth.credentials import presented
from debros.gateway.auth.static_keys import fingerprint
from debros.gateway.rates import address_key, too_many
from debros.gateway.workers.place import Limiter

_SIGN_IN = "/v1/auth/"


class RateLimit:
    """Answers 429 to who asks too often; before the credential is looked at, since that costs something too.

    Args:
        app: What comes next.
        requests: How often anything may be asked.
        sign_in: How often what signs in may be asked.
    """

    def __init__(self, app: ASGIApp, *, requests: Limiter, sign_in: Limiter) -> None:
        self._app = app
        self._all = requests
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and pass it on."""
        if scope["type"] in {"http", "websocket"}:
            strict = scope.get("method") == "POST" and scope["path"].startswith(_SIGN_IN)
            client = scope.get("client")
            self._take(f"a {address_key(client[0])}" if client else "a", strict=strict)
            credential = presented(scope)
            if credential is not None:
                self._take(f"c {fingerprint(credential.text)}", strict=strict)
        await self._app(scope, receive, send)

    def _take(self, caller: str, *, strict: bool) -> None:
        if wait := self._all.take(caller):
            raise too_many(wait, "requests")
        if strict and (wait := self._sign_in.take(caller)):
            raise too_many(wait, "sign_in")
