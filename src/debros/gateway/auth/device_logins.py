"""Sign-in for a program on a machine without a browser (RFC 8628): people type its code into the page elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass

from debros.clock import Clock, now_ms
from debros.gateway.auth import made, user_codes
from debros.gateway.auth.audit import Audit, Entry
from debros.gateway.auth.caller import Caller
from debros.gateway.auth.login_grants import LoginGrants, Redeemed
from debros.gateway.auth.refusals import Denied, user_code_not_found
from debros.gateway.auth.server_key import Digests
from debros.gateway.auth.signin import Proven, SignIn
from debros.gateway.errors import Problem
from debros.gateway.rates import Buckets, address_key, too_many
from debros.gateway.workers.place import Limiter
from debros.rqlite.client import RqliteClient
from debros.rqlite.types import Statement

LIFETIME = 600_000  # milliseconds
PAUSE = 5_000  # milliseconds between two polls, and what one that comes too early adds (RFC 8628, 3.5)
_EARLY = 1_000  # milliseconds that the network may have held up the poll before
_FETCH = 60_000  # milliseconds that a device has at least, once it is approved
# Wrong codes that an address may type, one in ten seconds in the long run: of 20^8 nobody finds one (RFC 8628, 5.1).
_WRONG_PER_SECOND, _WRONG_BURST = 0.1, 10
_DEVICE, _USER = "device_code", "user_code"
_LONGEST = 128
_SAVE = (
    "INSERT OR IGNORE INTO _gw_device_logins (hash, user_code, namespace, client_name, address, pause, expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_FIND = (
    "SELECT hash, client_name, namespace, address, expires_at FROM _gw_device_logins"
    " WHERE user_code = ? AND answer IS NULL AND expires_at > ?"
)
_POLL = "SELECT answer, pause, polled_at, expires_at FROM _gw_device_logins WHERE hash = ?"
_POLLED = "UPDATE _gw_device_logins SET polled_at = ?, pause = pause + ? WHERE hash = ?"
_ANSWER = (
    "UPDATE _gw_device_logins SET answer = ?, attempt = ? WHERE hash = ? AND answer IS NULL AND expires_at > ? AND "
)
_MINE = "EXISTS (SELECT 1 FROM _gw_device_logins WHERE hash = ? AND attempt = ?)"


@dataclass(frozen=True, slots=True)
class Codes:
    """What a device is told: its own code, and the one that people type."""

    device_code: str
    user_code: str


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A device that waits.

    Attributes:
        digest: Of its code.
        client_name: What it calls itself.
        namespace: Where it wants to go; empty: whoever approves chooses.
        address: Where it asked from.
        expires_at: Milliseconds since 1970.
    """

    digest: str
    client_name: str
    namespace: str
    address: str
    expires_at: int


class DeviceLogins:
    """Begins, answers and ends them."""

    def __init__(
        self,
        client: RqliteClient,
        grants: LoginGrants,
        sign_in: SignIn,
        digests: Digests,
        audit: Audit,
        limiter: Callable[[str, float, float], Limiter] = lambda _, *rate: Buckets(*rate),
        clock: Clock = now_ms,
    ) -> None:
        self._client = client
        self._grants = grants
        self._sign_in = sign_in
        self._digests = digests
        self._audit = audit
        self._clock = clock
        self._wrong = limiter("user_codes", _WRONG_PER_SECOND, _WRONG_BURST)

    async def begin(self, namespace: str, client_name: str, caller: Caller) -> Codes:
        """Return the codes of a device that begins to wait; an empty namespace leaves the choice to who approves.

        Raises:
            RqliteError: The database cannot take it.
        """
        while True:  # until the user code is nobody else's, which is at once but for one in millions
            codes = Codes(made.login_code(), user_codes.new())
            hashes = (self._digests.of(_DEVICE, codes.device_code), self._digests.of(_USER, codes.user_code))
            row = (*hashes, namespace, client_name, caller.address, PAUSE, self._clock() + LIFETIME)
            if (await self._client.execute(Statement(_SAVE, row))).rows_affected:
                return codes

    async def find(self, user_code: str, caller: Caller) -> DeviceLogin:
        """Return the device that a code belongs to.

        Raises:
            Problem: 404, none that waits; 429, this address has typed too many wrong codes.
            RqliteError: The database cannot answer.
        """
        address = address_key(caller.address)
        if wait := self._wrong.wait(address):
            raise too_many(wait, "user_codes")
        code = user_codes.read(user_code)
        rows = []
        if code is not None:
            question = Statement(_FIND, (self._digests.of(_USER, code), self._clock()))
            rows = (await self._client.query(question)).values
        if not rows:
            self._wrong.take(address)
            refusal = user_code_not_found()
            self._audit.note(Entry("device_code", "denied", detail=refusal.code), caller)
            raise refusal
        digest, client_name, namespace, where, expires_at = rows[0]
        return DeviceLogin(str(digest), str(client_name), str(namespace), str(where), int(expires_at))

    async def approve(self, device: DeviceLogin, proven: Proven, caller: Caller) -> None:
        """Spend the nonce for the session that the device will fetch.

        Raises:
            Problem: 400, the device waits for another namespace; 404, somebody else has answered, or it is too late.
            Denied: 401, the nonce was spent meanwhile; 403, the namespace belongs to others.
            RqliteError: The database cannot take it.
        """
        if device.namespace and device.namespace != proven.namespace:
            text = f"the device waits for the namespace {device.namespace}; ask for a challenge for this one"
            raise Problem(400, "invalid_namespace", text)
        now, attempt = self._clock(), made.identifier("try")
        granting = self._sign_in.begin(proven)
        mine = (device.digest, attempt)
        entry = Entry("device_login", "granted", proven.namespace, proven.wallet, detail=f"for {device.address}")
        statements = [
            Statement(_ANSWER + granting.guard, ("approved", attempt, device.digest, now, *granting.args)),
            self._grants.keep(device.digest, proven, max(device.expires_at, now + _FETCH), _MINE, mine),
            self._audit.statement(entry, caller, _MINE, mine),
        ]
        try:
            await self._sign_in.finish(granting, statements, entry, caller)
        except Denied as denied:
            if denied.code == "not_owner" and not await self._waits(device):
                raise user_code_not_found() from None
            raise

    async def deny(self, device: DeviceLogin, caller: Caller) -> None:
        """Tell the device no.

        Raises:
            Problem: 404; somebody else has answered, or it is too late.
            RqliteError: The database cannot take it.
        """
        mine = (device.digest, made.identifier("try"))
        entry = Entry("device_login", "denied", device.namespace, detail=f"by hand, for {device.address}")
        results = await self._client.transaction(
            [
                Statement(f"{_ANSWER}1", ("denied", mine[1], device.digest, self._clock())),
                self._audit.statement(entry, caller, _MINE, mine),
            ]
        )
        if not results[0].rows_affected:
            raise user_code_not_found()
        self._audit.announce(entry, caller)

    async def redeem(self, device_code: str, caller: Caller) -> Redeemed:
        """Exchange a device's code for a session.

        Raises:
            Problem: 400; not yet, too early, never, or too late: the codes of RFC 8628, 3.5.
            Denied: 403; the wallet owns the namespace no longer.
            RqliteError: The database cannot take it.
        """
        digest, now = self._digests.of(_DEVICE, device_code[:_LONGEST]), self._clock()
        rows = (await self._client.query(Statement(_POLL, (digest,)))).values
        answer, pause, polled_at, expires_at = rows[0] if rows else (None, 0, None, 0)
        if answer == "denied":
            raise Problem(400, "access_denied", "the sign-in was refused in the browser")
        if answer == "approved" and (redeemed := await self._grants.redeem(digest, caller)):
            return redeemed
        if answer is not None or int(expires_at) <= now:
            raise Problem(400, "expired_token", "the device code is unknown, used or expired; begin again")
        early = polled_at is not None and now < int(polled_at) + int(pause) - _EARLY
        await self._client.execute(Statement(_POLLED, (now, PAUSE if early else 0, digest)))
        if early:
            seconds = (int(pause) + PAUSE) // 1000
            raise Problem(400, "slow_down", f"this was too early; ask again every {seconds} seconds from now on")
        raise Problem(400, "authorization_pending", "nobody has approved it yet; ask again after the interval")

    async def _waits(self, device: DeviceLogin) -> bool:
        question = "SELECT 1 FROM _gw_device_logins WHERE hash = ? AND answer IS NULL AND expires_at > ?"
        return bool((await self._client.query(Statement(question, (device.digest, self._clock())))).values)
