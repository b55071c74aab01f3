"""`Idempotency-Key` on writes: a repeat within 24 hours gets the first answer and changes nothing.

After the IETF's draft-ietf-httpapi-idempotency-key-header; what is kept and how is debros.tenants.idempotency.
"""

from debros.gateway.idempotency.answers import kept
from debros.gateway.idempotency.endpoints import at_most_once, claim, expect, once, without

__all__ = ["at_most_once", "claim", "expect", "kept", "once", "without"]
