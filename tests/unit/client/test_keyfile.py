import json

import base58
import pytest

from debros.client import WalletKeyError
from debros.client.wallets import load
from debros.gateway.auth.wallets import Chain, Wallet, public_key_of_signer
from testkit.wallets import Ethereum, Solana

SECRET = bytes(range(1, 33))
PAIR = SECRET + base58.b58decode(Solana(SECRET).address)


@pytest.fixture
def file(tmp_path):
    def make(text: str, mode: int = 0o600):
        path = tmp_path / "wallet.key"
        path.write_text(text)
        path.chmod(mode)
        return path

    return make


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (SECRET.hex() + "\n", Ethereum(SECRET)),
        ("0x" + SECRET.hex().upper(), Ethereum(SECRET)),
        (json.dumps(list(PAIR)), Solana(SECRET)),
        (base58.b58encode(PAIR).decode(), Solana(SECRET)),
    ],
)
def test_each_form_of_a_key(file, text, known) -> None:
    wallet = load(file(text))
    assert (wallet.address, wallet.chain_type) == (known.address, known.chain_type)
    assert wallet.sign("a text ☃") == known.sign("a text ☃")
    judged = Wallet(Chain(wallet.chain_type), wallet.address)
    assert public_key_of_signer(judged, "a text ☃", wallet.sign("a text ☃"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "does not hold one secret"),
        ("hello", "expected an Ethereum key"),
        ("00" * 32, "no secp256k1 key"),
        ("[1, 2, 3]", "expected an Ethereum key"),
        ("[300, 2]", "expected an Ethereum key"),
        (json.dumps([*SECRET, *SECRET]), "it is damaged"),
        ("ü", "does not hold one secret"),
    ],
)
def test_what_is_no_key_is_told_without_showing_it(file, text, told) -> None:
    with pytest.raises(WalletKeyError, match=told) as error:
        load(file(text))
    assert text == "" or text not in str(error.value)


def test_a_file_others_can_read_and_one_that_is_not_there(file, tmp_path) -> None:
    with pytest.raises(WalletKeyError, match="mode 0640"):
        load(file(SECRET.hex(), 0o640))
    with pytest.raises(WalletKeyError, match="No such file"):
        load(tmp_path / "none")
