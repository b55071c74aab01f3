"""What proves who is asking: an API key, or the session of a wallet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class ApiKey:
    """A key of one namespace.

    Attributes:
        api_key: the secret.
        namespace: what it opens.
        wallet: address it belongs to, "" for none.
    """

    type: ClassVar = "api_key"

    api_key: str = field(repr=False)
    namespace: str = ""
    wallet: str = ""

    @property
    def over(self) -> bool:
        """Whether something else is needed; only the gateway knows that of a key."""
        return False

    def headers(self) -> dict[str, str]:
        """Return the header that presents it."""
        return {"X-API-Key": self.api_key}

    def entry(self) -> dict[str, Any]:
        """Return it as it stands in the file."""
        return {"type": self.type, "api_key": self.api_key, "namespace": self.namespace, "wallet": self.wallet}


@dataclass(frozen=True)
class Session:
    """A wallet that is signed in to one namespace.

    Attributes:
        wallet: its address.
        namespace: where it is signed in.
        access_token: what is presented.
        refresh_token: what the next access token is got with, once; "" when the session is over.
        expires_at: seconds since 1970, by this machine's clock, when the access token ends.
    """

    type: ClassVar = "session"

    wallet: str
    namespace: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float

    @property
    def over(self) -> bool:
        """Whether the wallet has to sign in again."""
        return not self.refresh_token

    def headers(self) -> dict[str, str]:
        """Return the header that presents it."""
        return {"Authorization": f"Bearer {self.access_token}"}

    def entry(self) -> dict[str, Any]:
        """Return it as it stands in the file."""
        return {
            "type": self.type,
            "wallet": self.wallet,
            "namespace": self.namespace,
            "access_token": self.access_token,
            "expires_at": int(self.expires_at),
            "refresh_token": self.refresh_token,
        }


Credential = ApiKey | Session


def from_entry(entry: dict[str, Any]) -> Credential | None:
    """Return what an entry of the file holds, None for a type this version does not know."""
    match entry["type"]:
        case ApiKey.type:
            return ApiKey(entry["api_key"], entry["namespace"], entry.get("wallet", ""))
        case Session.type:
            return Session(
                entry["wallet"],
                entry["namespace"],
                entry["access_token"],
                entry["refresh_token"],
                float(entry["expires_at"]),
            )
    return None
