"""Vectors made by ethers 6.17.0 and tweetnacl 1.0.3 (tests/interop/wallets.mjs); tests/interop makes new ones."""

import base64

import base58
import pytest

from debros.gateway.auth.wallets import Chain, Wallet, WalletError, parse_chain, parse_wallet, public_key_of_signer

TEXT = "a" * 64
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
PUBLIC_KEY = (
    "0x044f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa"
    "385b6b1b8ead809ca67454d9683fcf2ba03456d6fe2c4abe2b07f0fbdbb2f1c1"
)
SIGNATURE = (
    "2503b2ee25184882e9bffa032e83ffe1a9471e8679b640fc55ca6e4e6898b77c"
    "5ef5a14c8eb1c3589cffd497a5c3954f878307c2f9b39aa8425e9f54cc0a5726"
)
V = 28
SOLANA = "F25s3DdjXdCxYBhh2z8FBusVEMT4b9bGNFVKJi3wFoF4"
SOLANA_SIGNATURE = "p6r1EKKxcJh1VYgcSBJO78ltkFeBzzAIUvlkpGY+QC8z2ePEosBQMc2shmqrpk1XdbbFw/uTyD99NAcrw+aQBw=="
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def ethereum() -> Wallet:
    return parse_wallet(Chain.ETHEREUM, ADDRESS)


@pytest.fixture
def solana() -> Wallet:
    return parse_wallet(Chain.SOLANA, SOLANA)


@pytest.mark.parametrize("text", [ADDRESS, ADDRESS.lower(), ADDRESS[2:], ADDRESS.upper(), f" {ADDRESS} "])
def test_an_address_is_the_same_in_every_case(text) -> None:
    wallet = parse_wallet(Chain.ETHEREUM, text)
    assert (wallet.address, wallet.display) == (ADDRESS.lower(), ADDRESS)


@pytest.mark.parametrize("prefix", ["", "0x", "0X"])
@pytest.mark.parametrize("v", [V, V - 27])
def test_a_signature_of_the_wallet(ethereum, prefix, v) -> None:
    for hexadecimal in (SIGNATURE, SIGNATURE.upper()):
        assert public_key_of_signer(ethereum, TEXT, f"{prefix}{hexadecimal}{v:02x}") == PUBLIC_KEY


def test_a_signature_with_the_other_s_is_the_wallets_too(ethereum) -> None:
    s = ORDER - int(SIGNATURE[64:], 16)
    assert public_key_of_signer(ethereum, TEXT, f"{SIGNATURE[:64]}{s:064x}{1 - (V - 27):02x}") == PUBLIC_KEY


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        (TEXT + "a", SIGNATURE + "1c"),
        (TEXT, SIGNATURE + "1b"),
        (TEXT, "00" * 64 + "00"),
        (TEXT, "ff" * 64 + "01"),
        (TEXT, SIGNATURE[:64] + "00" * 32 + "1c"),
        (TEXT, f"{ORDER:064x}" + SIGNATURE[64:] + "1c"),
    ],
)
def test_a_signature_of_somebody_else_or_nobody(ethereum, text, signature) -> None:
    assert public_key_of_signer(ethereum, text, signature) is None


@pytest.mark.parametrize("v", [2, 3, 26, 29, 35, 255])
def test_other_recovery_ids_are_named(ethereum, v) -> None:
    with pytest.raises(WalletError, match=f"last byte is {v}; expected 0, 1, 27 or 28"):
        public_key_of_signer(ethereum, TEXT, f"{SIGNATURE}{v:02x}")


@pytest.mark.parametrize("signature", ["", "0x", SIGNATURE, SIGNATURE + "1c00", SIGNATURE[:-1] + "g1c", "é" * 130])
def test_what_is_no_signature(ethereum, signature) -> None:
    with pytest.raises(WalletError, match="65 bytes"):
        public_key_of_signer(ethereum, TEXT, signature)


@pytest.mark.parametrize("text", ["", "0x", ADDRESS + "0", ADDRESS[:-1], "0x" + "g" * 40, SOLANA, "\u0660" * 40])
def test_what_is_no_ethereum_address(text) -> None:
    with pytest.raises(WalletError, match="40 hex digits"):
        parse_wallet(Chain.ETHEREUM, text)


def test_solana(solana) -> None:
    assert public_key_of_signer(solana, TEXT, SOLANA_SIGNATURE) == SOLANA
    assert solana.display == SOLANA
    assert public_key_of_signer(solana, TEXT + "a", SOLANA_SIGNATURE) is None


def test_a_solana_signature_has_one_form(solana) -> None:
    """S + L is the same number to a careless reader."""
    raw = base64.b64decode(SOLANA_SIGNATURE)
    order = 2**252 + 27742317777372353535851937790883648493
    larger = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    assert public_key_of_signer(solana, TEXT, base64.b64encode(raw[:32] + larger).decode()) is None


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_keys_for_which_everybody_could_sign(point) -> None:
    wallet = Wallet(Chain.SOLANA, base58.b58encode(point).decode())
    forged = base64.b64encode(b"\x01" + bytes(63)).decode()
    assert public_key_of_signer(wallet, TEXT, forged) is None


@pytest.mark.parametrize("signature", ["", "***", SOLANA_SIGNATURE[:-4], SIGNATURE, SOLANA_SIGNATURE * 100])
def test_what_is_no_solana_signature(solana, signature) -> None:
    with pytest.raises(WalletError, match="64 bytes in base64"):
        public_key_of_signer(solana, TEXT, signature)


@pytest.mark.parametrize("text", ["", SOLANA.lower(), SOLANA + "1", SOLANA[:-3], "0" * 44, ADDRESS, "1" * 33])
def test_what_is_no_solana_address(text) -> None:
    with pytest.raises(WalletError, match="base58"):
        parse_wallet(Chain.SOLANA, text)


@pytest.mark.parametrize(("text", "chain"), [("", "ETH"), ("eth", "ETH"), ("SOL", "SOL"), (" Solana ", "SOL")])
def test_chains(text, chain) -> None:
    assert parse_chain(text) == chain


def test_an_unknown_chain() -> None:
    with pytest.raises(WalletError, match="unknown chain_type 'DOGE'; give ETH or SOL"):
        parse_chain("DOGE")
