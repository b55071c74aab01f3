"""Signatures and messages of other people's libraries are read here, and ours there."""

import json
from datetime import UTC, datetime

import pytest

from debros.gateway.auth import siwe
from debros.gateway.auth.wallets import Chain, Wallet, parse_wallet, public_key_of_signer
from testkit.wallets import Ethereum, Solana

SECRETS = ["11" * 32, "c0ffee" + "00" * 28 + "01", "7f" * 32]
TEXTS = ["a" * 64, "Zwölf Boxkämpfer\n🐝", "x" * 1000]
MOMENT = datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(("secret", "text"), list(zip(SECRETS, TEXTS, strict=True)))
def test_their_signatures(js, secret, text) -> None:
    theirs = js("wallets.mjs", "sign", secret, text)
    wallet = parse_wallet(Chain.ETHEREUM, theirs["address"])
    assert wallet.display == theirs["address"]
    for signature in (theirs["ethers"], theirs["viem"]):
        assert public_key_of_signer(wallet, text, signature) == theirs["public_key"]
        assert public_key_of_signer(wallet, text + " ", signature) is None
    solana = parse_wallet(Chain.SOLANA, theirs["sol_address"])
    assert public_key_of_signer(solana, text, theirs["tweetnacl"]) == solana.address
    assert public_key_of_signer(solana, text + " ", theirs["tweetnacl"]) is None


@pytest.mark.parametrize(("secret", "text"), list(zip(SECRETS, TEXTS, strict=True)))
def test_the_tests_own_wallets(js, secret, text) -> None:
    theirs = js("wallets.mjs", "sign", secret, text)
    ours, solana = Ethereum(bytes.fromhex(secret)), Solana(bytes.fromhex(secret))
    assert (ours.address, ours.sign(text)) == (theirs["address"].lower(), theirs["ethers"])
    assert set(js("wallets.mjs", "check", text, ours.sign(text)).values()) == {theirs["address"]}
    assert (solana.address, solana.sign(text)) == (theirs["sol_address"], theirs["tweetnacl"])
    assert js("wallets.mjs", "check-sol", solana.address, text, solana.sign(text)) is True


def test_viem_reads_our_message(js) -> None:
    wallet = Wallet(Chain.ETHEREUM, Ethereum(bytes.fromhex(SECRETS[0])).address)
    message = siwe.write(
        wallet=wallet, domain="gw.example.org:6001", uri="https://gw.example.org:6001", chain_id="137",
        nonce="a1" * 32, namespace="shop", issued_at=MOMENT, expires_at=MOMENT,
    )  # fmt: skip
    assert js("wallets.mjs", "parse", message) == {
        "domain": "gw.example.org:6001",
        "address": wallet.display,
        "statement": "Sign in to the namespace shop of DeBros Network.",
        "uri": "https://gw.example.org:6001",
        "version": "1",
        "chainId": 137,
        "nonce": "a1" * 32,
        "issuedAt": "2026-01-31T12:00:00.123Z",
        "expirationTime": "2026-01-31T12:00:00.123Z",
        "resources": ["urn:debros:namespace:shop"],
    }


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"statement": "Hello."},
        {"scheme": "https", "requestId": "r 1", "resources": ["https://example.org/a", "ipfs://b"]},
        {"notBefore": "2026-01-31T11:00:00Z", "expirationTime": "2026-01-31T13:00:00Z"},
    ],
)
def test_we_read_viems_message(js, more) -> None:
    wallet = Wallet(Chain.ETHEREUM, Ethereum(bytes.fromhex(SECRETS[0])).address)
    fields = {
        "domain": "gw.example.org", "address": wallet.display, "uri": "https://gw.example.org/in", "version": "1",
        "chainId": 1, "nonce": "a1" * 32, "issuedAt": "2026-01-31T12:00:00.000Z",
    }  # fmt: skip
    found = siwe.read(js("wallets.mjs", "write", json.dumps(fields | more))["message"])
    assert (found.domain, found.address, found.uri) == (fields["domain"], wallet.display, fields["uri"])
    assert (found.chain_id, found.nonce, found.chain) == ("1", fields["nonce"], Chain.ETHEREUM)
    assert found.issued_at == MOMENT.timestamp() - 0.123
    if "notBefore" in more:
        assert found.expires_at == found.issued_at + 3600
        assert found.not_before == found.issued_at - 3600
