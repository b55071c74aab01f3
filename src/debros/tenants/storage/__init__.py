"""Key-value storage of every namespace: values with versions, conditions and an end."""

from debros.tenants.storage.conditions import Conditions, Tags
from debros.tenants.storage.expiry import Expiry
from debros.tenants.storage.store import Page, Storage, Stored, Written

__all__ = ["Conditions", "Expiry", "Page", "Storage", "Stored", "Tags", "Written"]
