"""A field's rule and default in words, for the sample files and the reference page."""

import json

from debros.config.schema import Field


def rule_words(field: Field) -> str:
    """Say what values are allowed; "" when the type says it all."""
    words = []
    if allowed := field.get("one_of") or field.get("allowed"):
        words.append(" or ".join(allowed) if len(allowed) < 3 else f"one of {', '.join(allowed)}")
    if between := field.get("between"):
        words.append(f"{between[0]} to {between[1]}")
    if "above" in field:
        words.append(f"> {field['above']}")
    if "at_least" in field:
        words.append(f">= {field['at_least']}")
    if rule := field["meta"].get("rule"):
        words.append(rule)
    return "; ".join(words)


def default_words(field: Field) -> str:
    """Write the default as it would stand in the file."""
    if field["type"] == "duration":
        return str(field["default"])
    return json.dumps(field["default"], ensure_ascii=False)
