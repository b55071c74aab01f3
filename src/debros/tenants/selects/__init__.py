"""Reads that a caller describes in parts (table, columns, conditions) instead of writing SQL.

The parts come as texts, and people build them with what their own users typed. So none is copied into the SQL: each is
read as one expression, in which names are quoted again and parameters, literals and operators are all that is left.
What comes out is then proved like everything else a tenant runs.
"""

from debros.tenants.selects.build import Condition, Join, Select, build

__all__ = ["Condition", "Join", "Select", "build"]
