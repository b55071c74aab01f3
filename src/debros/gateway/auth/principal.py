"""Who is asking, once that is known."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        namespace: Whose data it may use.
        method: How it proved itself: api_key, or none where no credential is required.
        key_id: Harmless name of the credential for logs; never the credential.
    """

    namespace: str
    method: str
    key_id: str


class Authenticator(Protocol):
    """Turns a credential into its owner."""

    async def authenticate(self, credential: str) -> Principal | None:
        """Return the owner, or None when nobody owns it."""
        ...
