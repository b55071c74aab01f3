import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from debros.tenants.names import inner_key
from debros.tenants.storage.store import successor


def test_successor_of_plain_and_special_texts() -> None:
    assert successor("abc") == "abd"
    assert successor("a%") == "a&"
    assert successor("a\ud7ff") == "a\ue000"  # the surrogates between them are no characters
    assert successor("a\U0010ffff") == "b"


@given(st.text(max_size=4), st.text(max_size=6))
def test_the_range_holds_exactly_what_starts_with_the_prefix(prefix: str, key: str) -> None:
    """SQLite is the judge of what lies between prefix and successor."""
    scope = inner_key("a", "")
    prefix = scope + prefix
    end = successor(prefix)
    database = sqlite3.connect(":memory:")
    for text in (key, scope + key, prefix + key):
        (inside,) = database.execute("SELECT ? >= ? AND ? < ?", (text, prefix, text, end)).fetchone()
        if "\0" not in text:
            assert bool(inside) == text.startswith(prefix)
    database.close()
