"""Who is asking, once that is known."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        namespace: Whose data it may use.
        method: How it proved itself: jwt, api_key, or none where no credential is required.
        key_id: Harmless name of the credential for logs; never the credential.
        subject: The wallet; of a static key its name, and "" without a credential.
        owner: The namespace is its own at this moment.
        session: The session an access token belongs to, else "".
        api_key: Id of the API key it is, or that an access token was made from, else "".
        static: It is a key of the configuration, or an access token made from one.
        admin: It is an operator's: a key of the configuration with the scope admin, itself.
        issued_at: When the credential was made, seconds since 1970; None when nobody knows.
        expires_at: When it ends, seconds since 1970; None when it does not.
    """

    namespace: str
    method: str
    key_id: str
    subject: str = ""
    owner: bool = True
    session: str = ""
    api_key: str = ""
    static: bool = False
    admin: bool = False
    issued_at: int | None = None
    expires_at: int | None = None


class Authenticator(Protocol):
    """Turns a credential into its owner."""

    async def authenticate(self, credential: str) -> Principal | None:
        """Return the owner, or None when nobody owns it."""
        ...

    def remembers(self, credential: str) -> bool:
        """Tell whether this credential was found good lately, so that it is nobody's guess."""
        ...
