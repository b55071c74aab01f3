"""A fake of the gateway's side of signing in, on top of the tests' fake gateway; strict where the real one is.

Challenges carry EIP-4361 text and their signatures are checked with the gateway's own code. Codes are bound to the
challenge of PKCE and to the callback, and good once. A refresh token that comes a second time ends its session, without
the real gateway's minute of grace.
"""

import base64
import hashlib
import itertools
import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from debros.gateway.auth import siwe
from debros.gateway.auth.wallets import Chain, Wallet, parse_wallet, public_key_of_signer

WALLET = "0x00000000000000000000000000000000000000aa"
LIFETIME = 900  # seconds of an access token


@dataclass
class Family:
    """A session: the one refresh token and the one access token that are good."""

    wallet: str
    namespace: str
    refresh: str = ""
    access: str = ""
    ended: bool = False
    refreshed: int = 0
    spent: set[str] = field(default_factory=set)


@dataclass
class Device:
    """A device code and what has become of it."""

    namespace: str
    name: str
    state: str = "authorization_pending"
    asked: int = 0


@dataclass
class FakeSignIn:
    """The sign-in of a fake gateway; `protect` makes a path of it want a credential."""

    gateway: object
    lifetime: int = LIFETIME
    interval: float = 0.05
    domain: str = ""
    families: list[Family] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    page_says: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self._lock = threading.Lock()
        self._count = itertools.count(1)
        self._challenges, self._codes = {}, {}
        self.domain = self.domain or urlsplit(self.gateway.url).netloc
        for path in ("challenge", "verify", "exchange", "refresh", "logout", "whoami", "login", "device"):
            self.gateway.answers[f"/v1/auth/{path}"] = self._locked(getattr(self, f"_{path}"))
        self.gateway.answers["/v1/auth/device/token"] = self._locked(self._device_token)

    def protect(self, path, body):
        """Answer `body` to whoever presents a good access token, and 401 to everybody else."""

        def answer(seen):
            if self._family(seen) is None:
                return self._no(401, "invalid_api_key" if "authorization" in seen.headers else "missing_api_key")
            return self.gateway.reply(body)

        self.gateway.answers[path] = self._locked(answer)

    def open(self, wallet=WALLET, namespace="default"):
        """Open a session as if somebody had signed in; return the answer of the gateway."""
        family = Family(wallet, namespace)
        self.families.append(family)
        return self._tokens(family)

    def _locked(self, answer):
        def locked(seen):
            with self._lock:
                return answer(seen)

        return locked

    def _no(self, status, code, error=None):
        problem = {"status": status, "error": error or code.replace("_", " "), "code": code}
        return self.gateway.reply(problem, status)

    def _tokens(self, family):
        number = next(self._count)
        family.refresh, family.access = f"rt-{number}", f"at-{number}"
        return {
            "access_token": family.access,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "refresh_token": family.refresh,
            "subject": family.wallet,
            "namespace": family.namespace,
        }

    def _granted(self, wallet, namespace):
        if self.owners.get(namespace, wallet) != wallet:
            return self._no(403, "not_owner", "forbidden: not an owner of namespace")
        return self.gateway.reply(self.open(wallet, namespace))

    def _family(self, seen):
        token = seen.headers.get("authorization", "").removeprefix("Bearer ")
        return next((one for one in self.families if not one.ended and one.access == token), None)

    def _challenge(self, seen):
        asked = seen.json()
        wallet = parse_wallet(Chain.ETHEREUM, asked["wallet"])
        namespace, nonce, now = asked.get("namespace", "default"), secrets.token_hex(16), datetime.now(UTC)
        message = self.challenge_text(wallet, nonce, namespace, now)
        self._challenges[nonce] = (wallet, namespace, message)
        return self.gateway.reply(
            {"wallet": wallet.address, "namespace": namespace, "nonce": nonce, "message": message}
        )

    def challenge_text(self, wallet: Wallet, nonce, namespace, now):
        """Write what has to be signed; a test may put something else in its place."""
        return siwe.write(
            wallet=wallet,
            domain=self.domain,
            uri=f"http://{self.domain}",
            chain_id="1",
            nonce=nonce,
            namespace=namespace,
            issued_at=now,
            expires_at=now + timedelta(minutes=5),
        )

    def _verify(self, seen):
        sent = seen.json()
        wallet, namespace, message = self._challenges.pop(sent["nonce"], (None, None, None))
        if wallet is None or wallet.address != sent["wallet"]:
            return self._no(401, "invalid_nonce")
        if sent.get("namespace", namespace) != namespace or not public_key_of_signer(
            wallet, message, sent["signature"]
        ):
            return self._no(401, "signature_mismatch")
        return self._granted(wallet.address, namespace)

    def _login(self, seen):
        """Be the page, and a person who signs with `WALLET` at once, or does what `page_says`."""
        asked = seen.query
        assert asked["code_challenge_method"] == "S256"
        assert urlsplit(asked["callback"]).hostname == "127.0.0.1"
        code = secrets.token_urlsafe(32)
        self._codes[code] = (asked["code_challenge"], asked["callback"], asked.get("namespace", "default"))
        back = {"code": code, "state": asked["state"]} | self.page_says
        kept = {name: value for name, value in back.items() if value}
        return self.gateway.reply({}, 303, Location=f"{asked['callback']}?{urlencode(kept)}")

    def _exchange(self, seen):
        sent = seen.json()
        challenge, callback, namespace = self._codes.pop(sent["code"], (None, None, None))
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if challenge != base64.urlsafe_b64encode(digest).rstrip(b"=").decode() or callback != sent["redirect_uri"]:
            return self._no(401, "invalid_code")
        return self._granted(WALLET, namespace)

    def _device(self, seen):
        asked = seen.json()
        code = secrets.token_urlsafe(32)
        self.devices[code] = Device(asked.get("namespace", "default"), asked.get("client_name", ""))
        page = f"{self.gateway.url}/v1/auth/login?device=1"
        return self.gateway.reply(
            {
                "device_code": code,
                "user_code": "BCDF-GHJK",
                "verification_uri": page,
                "verification_uri_complete": f"{page}&user_code=BCDF-GHJK",
                "expires_in": 600,
                "interval": self.interval,
            }
        )

    def _device_token(self, seen):
        device = self.devices[seen.json()["device_code"]]
        device.asked += 1
        if device.state == "approved":
            return self._granted(WALLET, device.namespace)
        return self._no(400, device.state)

    def _refresh(self, seen):
        token = seen.json()["refresh_token"]
        family = next((one for one in self.families if one.refresh == token and not one.ended), None)
        if family is None:
            for one in self.families:
                one.ended |= token in one.spent
            return self._no(401, "invalid_refresh_token", "the refresh token is unknown, used, expired or revoked")
        family.refreshed += 1
        family.spent.add(token)
        return self.gateway.reply(self._tokens(family))

    def _logout(self, seen):
        sent = seen.json()
        ended = [one for one in self.families if one.refresh == sent["refresh_token"] and not one.ended]
        if sent.get("all") and ended:
            ended = [one for one in self.families if one.wallet == ended[0].wallet and not one.ended]
        for one in ended:
            one.ended = True
        return self.gateway.reply({"status": "ok", "revoked": len(ended)})

    def _whoami(self, seen):
        family = self._family(seen)
        if family is None:
            return self._no(401, "invalid_api_key", "invalid API key")
        return self.gateway.reply(
            {"authenticated": True, "method": "jwt", "subject": family.wallet, "namespace": family.namespace}
        )
