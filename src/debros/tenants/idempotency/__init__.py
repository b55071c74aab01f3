"""Writes that carry an Idempotency-Key: the first is made, a repeat gets its answer.

The record of a write is made in the transaction of the write itself, so there is never one without the other, whatever
dies in between, and of two gateways with the same key one fails whole.
"""

from debros.tenants.idempotency.claim import Answer, Bounds, Claim
from debros.tenants.idempotency.errors import KeysFull, KeyTaken
from debros.tenants.idempotency.records import Record, Records

__all__ = ["Answer", "Bounds", "Claim", "KeyTaken", "KeysFull", "Record", "Records"]
