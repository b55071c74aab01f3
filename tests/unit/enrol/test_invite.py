"""An invite survives the way to the new host, or it is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.enrol.invite import PREFIX, Invite, InviteError, decode, is_host

DAMAGED = "this invite was cut off or mistyped: copy it whole, in one piece"
INVITE = Invite("203.0.113.7", 7002, b"c" * 32, b"s" * 32, 2_000_000_000)


@given(
    st.sampled_from(["203.0.113.7", "2001:db8::7", "member.example.org"]),
    st.integers(1, 65535),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.integers(1, 2**40),
)
def test_what_goes_in_comes_out(address, port, authority, secret, expires) -> None:
    invite = Invite(address, port, authority, secret, expires)
    text = invite.encode()
    assert decode(text) == invite
    assert text.startswith(PREFIX)
    # In one piece for every shell, and for the installer's own look at it.
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert 16 <= len(text) <= 2048


def test_white_space_from_copying_does_not_count() -> None:
    text = INVITE.encode()
    assert decode(f"  {text[:30]}\r\n   {text[30:]}\n") == INVITE


@pytest.mark.parametrize("cut", range(1, 60))
def test_cut_off_anywhere(cut) -> None:
    with pytest.raises(InviteError, match="cut off or mistyped"):
        decode(INVITE.encode()[:-cut])


@given(st.data())
def test_one_wrong_character_is_noticed(data) -> None:
    text = INVITE.encode()
    place = data.draw(st.integers(len(PREFIX), len(text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_"))
    changed = text[:place] + other + text[place + 1 :]
    if changed == text:
        return
    # The last character carries spare bits; whatever is accepted is the same invite.
    assert outcome(changed) in (INVITE, DAMAGED)


def outcome(text):
    try:
        return decode(text)
    except InviteError as error:
        return str(error)


@pytest.mark.parametrize("text", ["hello", "debros-x", "ssh-ed25519 AAAA", "ak_abc:default", "DEBROS1-abc"])
def test_a_foreign_string_is_told_from_a_damaged_invite(text) -> None:
    with pytest.raises(InviteError, match="no invite of DeBros Network"):
        decode(text)


def test_an_invite_of_another_generation() -> None:
    with pytest.raises(InviteError, match="another version"):
        decode("debros2-abc")


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "a b"},
        {"address": "-x"},
        {"address": "fe80::1%eth0"},
        {"address": ""},
        {"port": 0},
        {"port": 70000},
        {"expires": 0},
        {"secret": b"short"},
        {"ca_sha256": b""},
    ],
)
def test_what_stands_in_it_must_make_sense(changed) -> None:
    fields = {name: getattr(INVITE, name) for name in ("address", "port", "ca_sha256", "secret", "expires")}
    with pytest.raises(InviteError, match="make a new one"):
        decode(Invite(**(fields | changed)).encode())


def test_the_secret_is_in_no_repr() -> None:
    assert "ssss" not in repr(INVITE)


def test_an_address_of_the_sixth_version_has_brackets_before_its_port() -> None:
    assert Invite("2001:db8::7", 7002, b"c" * 32, b"s" * 32, 1).door == "[2001:db8::7]:7002"
    assert INVITE.door == "203.0.113.7:7002"


@pytest.mark.parametrize(
    ("text", "good"),
    [("a.example", True), ("192.0.2.1", True), ("::1", True), ("a..b", False), ("x" * 64, False), ("a/b", False)],
)
def test_hosts(text, good) -> None:
    assert is_host(text) is good
