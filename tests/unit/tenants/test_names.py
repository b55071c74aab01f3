import pytest

from debros.tenants import names
from debros.tenants.errors import InvalidName


def test_a_topic_between_hosts() -> None:
    assert names.wire_topic("acme", "a::b") == "ns::acme::a::b"
    assert names.wire_topic("acme", "x").startswith(names.scope("acme"))


@pytest.mark.parametrize("topic", ["a", "a b", "ünïcödé", "x" * 256, "%_", "a::b/c"])
def test_topics_that_pass(topic: str) -> None:
    assert names.check_topic(topic, 256) == topic


@pytest.mark.parametrize(
    ("topic", "text"),
    [
        ("", "empty"),
        ("x" * 257, "257 bytes long; at most 256"),
        ("ü" * 129, "258 bytes"),
        ("a\0b", "control characters"),
        ("a\nb", "control characters"),
        ("a\x85b", "control characters"),
        ("\ud800", "not valid Unicode"),
    ],
)
def test_topics_that_do_not(topic: str, text: str) -> None:
    with pytest.raises(InvalidName, match=text) as refusal:
        names.check_topic(topic, 256)
    assert refusal.value.code == "invalid_topic"


def test_keys_and_prefixes() -> None:
    assert names.check_key("a/b", 3) == "a/b"
    assert names.check_prefix("", 3) == ""
    with pytest.raises(InvalidName) as refusal:
        names.check_key("", 3)
    assert refusal.value.code == "invalid_key"
    with pytest.raises(InvalidName) as refusal:
        names.check_prefix("abcd", 3)
    assert refusal.value.code == "invalid_prefix"


@pytest.mark.parametrize("table", ["users", "_x", "Users2", "a" * 128])
def test_tables_that_pass(table: str) -> None:
    assert names.check_table(table) == table


@pytest.mark.parametrize("table", ["", "1a", 'a"b', "a b", "a;b", "a.b", "tablé", "a" * 129, "a\n"])
def test_tables_that_do_not(table: str) -> None:
    with pytest.raises(InvalidName, match="invalid table name"):
        names.check_table(table)
