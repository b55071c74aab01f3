"""cerberus without a defect of its own.

Where a list is expected and a mapping is given, cerberus 1.3.8 normalizes the mapping by the rules for the list's
items, as if they were fields: ``{"type": null}`` ends in a TypeError instead of an error in the document.
"""

from collections.abc import Mapping
from typing import Any

from cerberus import Validator


class MendedValidator(Validator):  # type: ignore[misc]  # cerberus has no types
    """Leaves a mapping where a list is expected as it is; the rule for the type refuses it."""

    def _BareValidator__normalize_mapping_per_schema(  # noqa: N802 - the name that cerberus' own method really has
        self, field: str, mapping: dict[str, Any], schema: Mapping[str, Mapping[str, Any]]
    ) -> None:
        if schema.get(field, {}).get("type") != "list":
            super()._BareValidator__normalize_mapping_per_schema(field, mapping, schema)
