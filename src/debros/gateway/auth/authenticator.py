"""Credentials of every kind, told apart by their looks, and whether they are good at this moment."""

from dataclasses import replace

from debros.gateway.auth import made
from debros.gateway.auth.api_keys import ApiKeys
from debros.gateway.auth.facts import Fact, Facts, owner
from debros.gateway.auth.gate import Gate
from debros.gateway.auth.principal import Authenticator, Principal
from debros.gateway.auth.tickets import Tickets
from debros.gateway.auth.tokens import Claims, Tokens


class Credentials:
    """Static keys first, then access tokens, then API keys of the database.

    Args:
        static: The keys of the configuration.
        tokens: Reads access tokens.
        api_keys: Finds API keys.
        tickets: Spends tickets.
        facts: Knows what was revoked and who owns what.
        gate: Knows whether this gateway can judge.
    """

    def __init__(
        self, static: Authenticator, *, tokens: Tokens, api_keys: ApiKeys, tickets: Tickets, facts: Facts, gate: Gate
    ) -> None:
        self._static = static
        self._tokens = tokens
        self._api_keys = api_keys
        self._tickets = tickets
        self._facts = facts
        self._gate = gate

    async def authenticate(self, credential: str) -> Principal | None:
        """Return the owner, or None when nobody owns it.

        Raises:
            RqliteError: The database cannot answer.
            Problem: 503; this gateway cannot tell yet.
        """
        principal = await self._static.authenticate(credential)
        if principal is not None:
            return principal
        if credential.count(".") == 2:
            await self._gate.tables()
            claims = await self._tokens.read(credential)
            return await self.recheck(of_claims(claims)) if claims else None
        if made.is_api_key(credential):
            await self._gate.key()
            record = await self._api_keys.find(credential)
            if record is None:
                return None
            found = await self.recheck(
                Principal(
                    record.namespace,
                    "api_key",
                    record.id,
                    record.wallet,
                    api_key=record.id,
                    issued_at=record.created_at // 1000,
                )
            )
            if found is not None:
                self._api_keys.used(record.id)
            return found
        return None

    async def ticket(self, text: str) -> Principal | None:
        """Return for whom a WebSocket's ticket stands, once; None when it is not good.

        Raises:
            RqliteError: The database cannot answer.
        """
        await self._gate.key()
        principal = await self._tickets.spend(text)
        return await self.recheck(principal) if principal else None

    async def leaving(self, credential: str) -> Principal | None:
        """Return whose credential this is, also of an access token that has ended or was revoked.

        Raises:
            RqliteError: The database cannot answer.
        """
        if credential.count(".") == 2:
            await self._gate.tables()
            claims = await self._tokens.read(credential, expired=True)
            return of_claims(claims) if claims else None
        return await self.authenticate(credential)

    async def recheck(self, principal: Principal) -> Principal | None:
        """Return the caller with `owner` as it is now, None when the credential is not good any more.

        Raises:
            RqliteError: The database cannot answer.
        """
        if principal.static or principal.method == "none":
            return principal
        owns, *good = await self._facts.hold([owner(principal.namespace, principal.subject), *dependencies(principal)])
        return replace(principal, owner=owns) if all(good) else None

    def remembers(self, credential: str) -> bool:
        """Tell whether this credential was found good lately, so that it is nobody's guess."""
        return (
            self._static.remembers(credential)
            or self._tokens.remembers(credential)
            or self._api_keys.remembers(credential)
        )


def of_claims(claims: Claims) -> Principal:
    """Return the caller an access token speaks of."""
    return Principal(
        claims.namespace,
        "jwt",
        claims.session or claims.api_key or claims.jti,
        claims.subject,
        session=claims.session,
        api_key=claims.api_key,
        static=claims.static,
        issued_at=claims.issued_at,
        expires_at=claims.expires_at,
    )


def dependencies(principal: Principal) -> list[Fact]:
    """Return what has to hold for a credential to be good, beside the ownership."""
    facts = []
    if principal.session:
        facts.append(Fact("session", principal.session))
    if principal.api_key:
        facts.append(Fact("key", principal.api_key))
    return facts
