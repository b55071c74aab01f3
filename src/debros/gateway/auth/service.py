"""Everything about sign-in that one gateway holds, put together; what runs in the background, and its end."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from debros.config import GatewayConfig, static_api_keys
from debros.gateway.auth import keyring, server_key
from debros.gateway.auth.api_keys import ApiKeys
from debros.gateway.auth.apps import Apps
from debros.gateway.auth.audit import Audit
from debros.gateway.auth.authenticator import Credentials
from debros.gateway.auth.challenges import Challenges
from debros.gateway.auth.changes import Changes
from debros.gateway.auth.device_logins import DeviceLogins
from debros.gateway.auth.domains import Domains
from debros.gateway.auth.facts import Facts
from debros.gateway.auth.gate import Gate
from debros.gateway.auth.keyring import KeyRing
from debros.gateway.auth.live_sockets import LiveSockets
from debros.gateway.auth.login_grants import LoginGrants
from debros.gateway.auth.logins import Logins
from debros.gateway.auth.open_sessions import OpenSessions
from debros.gateway.auth.openings import Openings
from debros.gateway.auth.owners import Owners
from debros.gateway.auth.public_keys import PublicKeys
from debros.gateway.auth.server_key import Digests
from debros.gateway.auth.sessions import Sessions
from debros.gateway.auth.signer import Signer
from debros.gateway.auth.signin import SignIn
from debros.gateway.auth.static_keys import StaticKeys
from debros.gateway.auth.tickets import Tickets
from debros.gateway.auth.tokens import Tokens
from debros.gateway.auth.upkeep import Upkeep
from debros.gateway.preparation import Preparation
from debros.gateway.tasks import Tasks
from debros.gateway.workers.place import Place
from debros.rqlite.client import RqliteClient
from debros.rqlite.errors import RqliteError

_LAST_WRITES = 2.0  # seconds that the last records get at a stop
# A token signed in a key's last moment, seen by a gateway whose clock is late, and a margin.
_MARGIN = 60_000
_USES_PAUSE = 5.0


class AuthService:
    """Sign-in of one gateway.

    Raises:
        ConfigError: A file of secrets cannot be read.
    """

    def __init__(self, config: GatewayConfig, client: RqliteClient, preparation: Preparation, place: Place) -> None:
        settings = config.auth
        access, skew = float(settings.access_token_lifetime), float(settings.clock_skew)
        digests = self._digests = Digests(server_key.read(settings.server_key_file))
        ring = KeyRing(
            config.data_dir / keyring.file_of(place.index),
            lifetime=_ms(float(settings.signing_key_lifetime)),
            keep=_ms(access + skew) + _MARGIN,
        )
        self.gate = Gate(client, preparation, digests)
        self.audit = Audit(client)
        self.changes = Changes(client, others=None if place.alone else place.catch_up)
        facts = Facts(client, self.changes)
        self.signer = Signer(client, ring)
        self.public_keys = PublicKeys(client, self.changes)
        self.tokens = Tokens(self.signer, self.public_keys, lifetime=max(1, round(access)), skew=skew)
        self.api_keys = ApiKeys(client, digests, self.audit)
        self.apps = Apps(client, self.audit)
        self.owners = Owners(client, self.audit, reserved=settings.reserved_namespaces)
        self.sessions = Sessions(
            client,
            digests,
            self.audit,
            lifetime=_ms(float(settings.refresh_token_lifetime)),
            longest_access=_ms(access + skew) + _MARGIN,
        )
        self.open_sessions = OpenSessions(client)
        self.challenges = Challenges(client, lifetime=_ms(float(settings.nonce_lifetime)))
        openings = Openings(self.sessions, self.api_keys, self.audit)
        self.sign_in = SignIn(
            client,
            challenges=self.challenges,
            owners=self.owners,
            openings=openings,
            api_keys=self.api_keys,
            apps=self.apps,
            audit=self.audit,
            bare_nonce=settings.allow_bare_nonce,
            skew=skew,
        )
        grants = LoginGrants(client, openings, self.audit)
        self.logins = Logins(grants, self.sign_in, digests, self.audit)
        self.device_logins = DeviceLogins(client, grants, self.sign_in, digests, self.audit, place.limiter)
        self.tickets = Tickets(client, digests)
        self.credentials = Credentials(
            StaticKeys(static_api_keys(config)),
            tokens=self.tokens,
            api_keys=self.api_keys,
            tickets=self.tickets,
            facts=facts,
            gate=self.gate,
        )
        self.live_sockets = LiveSockets(self.credentials.recheck)
        self.changes.listen(self.live_sockets.look)
        self.domains = Domains(settings.domains)
        self._upkeep = Upkeep(client, audit_retention=_ms(float(settings.audit_retention)))
        self._first = place.first
        self.tasks = Tasks()

    @property
    def key(self) -> bytes | None:
        """The server key, None while it is not known."""
        return self._digests.key

    def start(self) -> None:
        """Begin what runs in the background; the event loop runs."""
        for name, work in (
            ("server key", self.gate.confirm()),
            ("changes", self._when_prepared(self.changes.run())),
            ("signing keys", self._when_prepared(self.signer.run())),
            ("audit", self._when_prepared(self.audit.run())),
            ("uses of keys", self._when_prepared(self._record_uses())),
            *((("upkeep", self._when_prepared(self._upkeep.run())),) if self._first else ()),
        ):
            self.tasks.start(name, work)

    async def close(self) -> None:
        """End it, with a short attempt to write the last records."""
        await self.tasks.close()
        await self.live_sockets.close()
        if self.gate.prepared():
            with contextlib.suppress(RqliteError, TimeoutError):
                async with asyncio.timeout(_LAST_WRITES):
                    await self.audit.flush()
                    await self.api_keys.record_uses(now=True)

    async def _when_prepared(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await self.gate.opened()
        except asyncio.CancelledError:
            work.close()
            raise
        await work

    async def _record_uses(self) -> None:
        while True:
            await asyncio.sleep(_USES_PAUSE)
            with contextlib.suppress(RqliteError):
                await self.api_keys.record_uses()


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
