"""Access tokens: JWTs signed with Ed25519, one fixed algorithm, valid at every gateway of the cluster."""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec

from debros.clock import Clock, now_ms
from debros.gateway.auth.public_keys import PublicKeys
from debros.gateway.auth.signer import Signer

ISSUER, AUDIENCE, ALGORITHM = "debros-gateway", "gateway", "EdDSA"
_LONGEST = 4096  # characters
_MOST = 20_000  # tokens whose signature need not be checked again


class _Payload(msgspec.Struct):
    sub: str
    namespace: str
    iat: int
    nbf: int
    exp: int
    jti: str
    sid: str = ""
    key: str = ""
    static: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; times are seconds since 1970.

    Attributes:
        subject: The wallet.
        namespace: Where it may go.
        jti: The token's own name.
        issued_at: When it was made.
        expires_at: When it ends.
        session: The session it belongs to, else "".
        api_key: Id of the API key it was made from, else "".
        static: It was made from a key of the configuration.
    """

    subject: str
    namespace: str
    jti: str
    issued_at: int
    expires_at: int
    session: str = ""
    api_key: str = ""
    static: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and its lifetime in seconds."""

    token: str
    expires_in: int


class Tokens:
    """Makes and reads tokens.

    Args:
        signer: The key to sign with.
        public_keys: The keys to verify with.
        lifetime: Seconds.
        skew: Seconds that the clocks of gateways may differ.
        clock: Milliseconds since 1970.
    """

    def __init__(
        self, signer: Signer, public_keys: PublicKeys, *, lifetime: int, skew: float, clock: Clock = now_ms
    ) -> None:
        self._signer = signer
        self._public_keys = public_keys
        self._lifetime = lifetime
        self._skew = skew
        self._clock = clock
        self._verified: OrderedDict[bytes, Claims] = OrderedDict()
        public_keys.listen(self._verified.clear)

    def issue(
        self, subject: str, namespace: str, *, session: str = "", api_key: str = "", static: bool = False
    ) -> Issued:
        """Return a new token.

        Raises:
            Problem: 503; there is no key to sign with yet.
        """
        key = self._signer.key()
        now = self._clock() // 1000
        payload: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "namespace": namespace,
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime,
            "jti": secrets.token_urlsafe(16),
        }
        if session:
            payload["sid"] = session
        if api_key:
            payload["key"] = api_key
        if static:
            payload["static"] = True
        token = jwt.encode(payload, key.private, algorithm=ALGORITHM, headers={"kid": key.kid})
        return Issued(token, self._lifetime)

    async def read(self, token: str, *, expired: bool = False) -> Claims | None:
        """Return what a token says, None when it is not a good one.

        Args:
            token: The text.
            expired: Take one whose time is over, too.

        Raises:
            RqliteError: Its key is not known here, and the database cannot answer.
        """
        if len(token) > _LONGEST:
            return None
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = await self._verify(token)
            if claims is None:
                return None
            self._verified[digest] = claims
            if len(self._verified) > _MOST:
                self._verified.popitem(last=False)
        now = self._clock() / 1000
        if claims.issued_at > now + self._skew:
            return None
        return claims if expired or claims.expires_at > now - self._skew else None

    def remembers(self, token: str) -> bool:
        """Tell whether this token's signature was verified lately."""
        return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest() in self._verified

    async def _verify(self, token: str) -> Claims | None:
        """Check form and signature; the times are compared by `read`, every time."""
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") != ALGORITHM or not isinstance(kid, str):
                return None
            key = await self._public_keys.find(kid)
            if key is None:
                return None
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            said = msgspec.convert(payload, _Payload)
        except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError):
            return None
        return Claims(
            subject=said.sub,
            namespace=said.namespace,
            jti=said.jti,
            issued_at=max(said.iat, said.nbf),
            expires_at=said.exp,
            session=said.sid,
            api_key=said.key,
            static=said.static,
        )
