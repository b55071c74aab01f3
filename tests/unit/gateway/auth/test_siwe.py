from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debros.gateway.auth import siwe
from debros.gateway.auth.wallets import Chain, Wallet

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
WALLET = Wallet(Chain.ETHEREUM, "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a")
FIELDS = {
    "wallet": WALLET,
    "domain": "gw.example.org",
    "uri": "https://gw.example.org",
    "chain_id": "1",
    "nonce": "a1" * 32,
    "namespace": "shop",
    "issued_at": NOW,
    "expires_at": NOW + timedelta(minutes=5),
}
TEXT = """\
gw.example.org wants you to sign in with your Ethereum account:
0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A

Sign in to the namespace shop of DeBros Network.

URI: https://gw.example.org
Version: 1
Chain ID: 1
Nonce: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
Issued At: 2026-01-31T12:00:00.000Z
Expiration Time: 2026-01-31T12:05:00.000Z
Resources:
- urn:debros:namespace:shop"""


def compare(text: str, now: float = NOW.timestamp()) -> None:
    siwe.compare(siwe.read(text), siwe.read(TEXT), now, 60)


def test_it_is_written_as_the_standard_says() -> None:
    assert siwe.write(**FIELDS) == TEXT


def test_solanas_twin() -> None:
    wallet = Wallet(Chain.SOLANA, "F25s3DdjXdCxYBhh2z8FBusVEMT4b9bGNFVKJi3wFoF4")
    text = siwe.write(**FIELDS | {"wallet": wallet, "chain_id": "mainnet"})
    found = siwe.read(text)
    assert (found.chain, found.address, found.chain_id) == (Chain.SOLANA, wallet.address, "mainnet")


@given(text=st.text(), place=st.integers(0, len(TEXT)))
def test_what_is_inserted_is_noticed_or_changes_nothing_that_counts(text, place) -> None:
    try:
        found = siwe.read(TEXT[:place] + text + TEXT[place:])
        siwe.compare(found, siwe.read(TEXT), NOW.timestamp(), 60)
    except siwe.MessageError:
        return
    expected = siwe.read(TEXT)
    assert (found.domain.lower(), found.nonce, found.chain_id) == (expected.domain, expected.nonce, expected.chain_id)
    assert found.address.lower() == expected.address.lower()


@pytest.mark.parametrize(
    "text",
    ["", TEXT + "\n", "\n" + TEXT, TEXT.replace("Version: 1", "Version: 2"), TEXT.replace("\n", "\r\n"),
     TEXT.replace("Nonce: ", "Nonce:  "), TEXT.replace("URI: ", "uri: "), TEXT.replace("2026-01-31", "2026-02-31"),
     TEXT.replace("gw.example.org wants", "gw.example.org\nwants"), TEXT.replace("gw.example.org wants", "a@b wants")],
)  # fmt: skip
def test_what_is_no_message(text) -> None:
    with pytest.raises(siwe.MessageError):
        siwe.read(text)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"domain": "evil.example"}, "domain"),
        ({"domain": "gw.example.org:1"}, "domain"),
        ({"domain": "gw.example.org.evil.example"}, "domain"),
        ({"uri": "https://evil.example"}, "URI"),
        ({"uri": "https://gw.example.org.evil.example/"}, "URI"),
        ({"uri": "javascript:alert(1)"}, "URI"),
        ({"chain_id": "2"}, "Chain ID"),
        ({"nonce": "b2" * 32}, "Nonce"),
        ({"expires_at": NOW}, "Expiration Time"),
        ({"issued_at": NOW + timedelta(seconds=61)}, "Issued At"),
        ({"wallet": Wallet(Chain.ETHEREUM, "0x" + "1" * 40)}, "address"),
        ({"wallet": Wallet(Chain.SOLANA, "1" * 32)}, "address"),
    ],
)
def test_a_message_that_says_something_else(change, word) -> None:
    with pytest.raises(siwe.MessageError, match=word):
        compare(siwe.write(**FIELDS | change))


@pytest.mark.parametrize(
    "change",
    [
        {"domain": "GW.example.org"},
        {"uri": "http://gw.example.org/login?x=1#y"},
        {"issued_at": NOW + timedelta(seconds=60)},
        {"namespace": "elsewhere"},
    ],
)
def test_a_message_that_may_be_worded_so(change) -> None:
    compare(siwe.write(**FIELDS | change))


def test_not_before() -> None:
    text = TEXT.replace("\nResources", "\nNot Before: 2026-01-31T12:10:00Z\nResources")
    with pytest.raises(siwe.MessageError, match="Not Before"):
        compare(text)
    compare(text.replace("12:05", "12:50"), NOW.timestamp() + 600)
