"""What opens a gateway for the client library."""

import asyncio
import json
import time
from collections.abc import Callable

import pytest

from debros.client import ApiKey, AuthenticationError, TokenPair, Tokens, WalletKey, WalletKeyError
from debros.client.wallets.ethereum import EthereumWallet
from debros.client.wallets.solana import SolanaWallet
from testkit.wallets import Ethereum


@pytest.fixture
def asked(gateway, monkeypatch) -> Callable[[], list[str]]:
    """Return the paths of sign-in that were asked for, in order."""
    seen: list[str] = []
    original = gateway.server.config.loaded_app

    async def watching(scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith("/v1/auth/"):
            seen.append(scope["path"].rpartition("/")[2])
        await original(scope, receive, send)

    monkeypatch.setattr(gateway.server.config, "loaded_app", watching)
    return lambda: seen


async def test_a_key_in_a_file(gateway, connect, tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text(gateway.http.headers["X-API-Key"] + "\n")
    file.chmod(0o644)
    with pytest.raises(ValueError, match="chmod 600"):
        ApiKey.from_file(file)
    file.chmod(0o600)
    client = connect(gateway, auth=ApiKey.from_file(file), namespace="default")
    assert client.namespace == "default"
    assert await client.storage.exists("x") is False
    with pytest.raises(ValueError, match="'shop' was asked for, but the credential opens 'default'"):
        connect(gateway, auth=ApiKey.from_file(file), namespace="shop")


async def test_no_key_and_a_wrong_key(gateway, connect) -> None:
    with pytest.raises(AuthenticationError) as missing:
        await connect(gateway, auth=None).storage.get("x")
    assert (missing.value.code, missing.value.status) == ("missing_api_key", 401)
    with pytest.raises(AuthenticationError) as wrong:
        await connect(gateway, auth="ak_wrong:default").storage.get("x")
    assert wrong.value.code == "invalid_api_key"
    assert "ak_wrong" not in str(wrong.value) + repr(wrong.value)


@pytest.mark.parametrize("kind", [EthereumWallet, SolanaWallet])
async def test_a_wallet_signs_in_when_it_is_needed(gateway, connect, name, kind) -> None:
    wallet = kind(b"\x07" * 31 + name.encode()[-1:])
    client = connect(gateway, auth=WalletKey(wallet, f"{name}-{kind.chain_type.lower()}"))
    await client.storage.put("greeting", "hello")
    assert await client.storage.get("greeting") == b"hello"
    assert client.namespace == f"{name}-{kind.chain_type.lower()}"


async def test_fifty_calls_at_once_sign_in_once(gateway, connect, name, asked) -> None:
    client = connect(gateway, auth=WalletKey(Ethereum(), name))
    await asyncio.gather(*(client.storage.exists("x") for _ in range(50)))
    assert asked() == ["challenge", "verify"]


async def test_a_token_that_is_over_is_renewed_once_for_all_and_told(
    make_gateway, connect, people, name, eventually
) -> None:
    gateway = await make_gateway(auth={"access_token_lifetime": "8s"})
    found = await people.sign_in(gateway, Ethereum(), name)
    told: list[TokenPair] = []
    auth = Tokens(found["access_token"], found["refresh_token"], on_refresh=told.append)
    client = connect(gateway, auth=auth)
    assert client.namespace == name
    await eventually(lambda: time.time() > auth.pair.renew_at)  # half of its life
    await asyncio.gather(*(client.storage.exists("x") for _ in range(20)))
    assert len(told) == 1
    assert auth.pair is told[0]
    assert told[0].refresh_token not in (None, found["refresh_token"])
    assert found["access_token"] not in repr(told[0])


async def test_a_refused_token_is_renewed_and_the_call_goes_on(gateway, connect, people, name, asked) -> None:
    found = await people.sign_in(gateway, Ethereum(), name)
    asked().clear()
    client = connect(gateway, auth=Tokens("not.a.token", found["refresh_token"]))
    await asyncio.gather(*(client.storage.put(f"k{number}", "x") for number in range(10)))
    assert asked() == ["refresh"]


async def test_only_a_refresh_token_is_enough(gateway, connect, people, name) -> None:
    found = await people.sign_in(gateway, Ethereum(), name)
    client = connect(gateway, auth=Tokens(refresh_token=found["refresh_token"]))
    assert client.namespace is None
    await client.storage.put("k", "x")
    assert client.namespace == name


async def test_a_caller_that_gives_up_does_not_lose_the_next_token(gateway, connect, people, name) -> None:
    found = await people.sign_in(gateway, Ethereum(), name)
    auth = Tokens(refresh_token=found["refresh_token"])
    client = connect(gateway, auth=auth)
    call = asyncio.create_task(client.storage.exists("x"))
    while auth._renewal is None:  # noqa: ASYNC110 -- nothing tells when it begins
        await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await client.storage.exists("x") is False
    assert auth.pair.refresh_token != found["refresh_token"]


async def test_a_session_that_was_ended(gateway, connect, people, name) -> None:
    wallet = Ethereum()
    found = await people.sign_in(gateway, wallet, name)
    tokens = connect(gateway, auth=Tokens("old", found["refresh_token"]))
    signing = connect(gateway, auth=WalletKey(wallet, name))
    await signing.storage.put("k", "x")
    bearer = {"X-API-Key": "", "Authorization": f"Bearer {found['access_token']}"}
    await gateway.http.post("/v1/auth/logout", json={"all": True}, headers=bearer)
    with pytest.raises(AuthenticationError) as ended:
        await tokens.storage.get("k")
    assert ended.value.code == "invalid_refresh_token"
    assert await signing.storage.get("k") == b"x"  # it signs once more


async def test_a_wallet_signs_for_the_gateway_it_asked_and_for_nobody_else(make_gateway, connect, name) -> None:
    """A gateway that passes on another one's challenge would get in there with the signature."""
    gateway = await make_gateway(auth={"domains": ["bank.example", "127.0.0.1"]})
    wallet = Ethereum()
    with pytest.raises(WalletKeyError, match=r"for 'bank\.example', which is not its name; nothing was signed"):
        await connect(gateway, auth=WalletKey(wallet, name)).storage.exists("x")
    told = connect(gateway, auth=WalletKey(wallet, name, domains=["bank.example"]))
    assert await told.storage.exists("x") is False


async def test_a_key_file_of_each_kind_signs_in(gateway, connect, name, tmp_path) -> None:
    ethereum, solana = tmp_path / "eth.key", tmp_path / "id.json"
    ethereum.write_text("11" * 32 + "\n")
    wallet = SolanaWallet(b"\x05" * 32)
    solana.write_text(json.dumps([*(b"\x05" * 32), *bytes(wallet._key.verify_key)]))
    for file in (ethereum, solana):
        file.chmod(0o600)
        client = connect(gateway, auth=WalletKey(file, f"{name}-{file.stem}"))
        assert await client.storage.exists("x") is False
