"""Why a key cannot be claimed."""

from debros.tenants.errors import TenantError


class KeyTaken(TenantError):  # noqa: N818 - names say what happened; the base class says that it is an error
    """Another request has claimed the key meanwhile; nothing was applied."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_in_use",
            "a request with this Idempotency-Key is being worked on; repeat it in a moment to get its answer",
        )


class KeysFull(TenantError):  # noqa: N818 - see KeyTaken
    """The namespace has as many keys, or bytes of answers, as it may have within 24 hours; nothing was applied."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_idempotency_keys",
            "the namespace has used as many Idempotency-Keys as are kept within 24 hours; nothing was applied. Try "
            "again when older ones have ended, or send without a key what may be applied twice",
        )
