"""API keys, owners and sessions of a namespace through the client library."""

import asyncio

import pytest

from debros.client import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    Tokens,
    WalletKey,
)
from debros.client.sync import NetworkClient
from testkit.wallets import Ethereum, Solana


@pytest.fixture
def owner(gateway, connect, name):
    """A client whose wallet is the first in a namespace."""
    return connect(gateway, auth=WalletKey(Ethereum(), name))


async def test_a_key_is_made_used_listed_and_revoked(gateway, owner, connect, name) -> None:
    made = await owner.api_keys.create("backup", plan="gold")
    assert (made.namespace, made.plan, made.wallet) == (name, "gold", owner._caller.credential.address)
    assert made.api_key not in repr(made)
    (listed,) = [key for key in await owner.api_keys.list() if key.name == "backup"]
    assert made.api_key.startswith(listed.prefix)
    assert made.api_key != listed.prefix
    assert (listed.plan, listed.wallet, listed.last_used_at) == ("gold", made.wallet, None)
    program = connect(gateway, auth=made.api_key)
    await program.storage.put("k", "v")
    assert await owner.storage.get("k") == b"v"
    who = await program.whoami()
    assert (who.method, who.subject, who.namespace, who.key_id) == ("api_key", made.wallet, name, listed.id)
    await owner.api_keys.revoke(listed.id)
    assert listed.id not in {key.id for key in await owner.api_keys.list()}
    with pytest.raises(AuthenticationError):
        await program.storage.get("k")
    for unknown in (listed.id, "no/such key?"):
        with pytest.raises(NotFoundError):
            await owner.api_keys.revoke(unknown)


async def test_a_key_makes_no_keys_and_no_owners_and_revokes_itself_only(gateway, owner, connect) -> None:
    first, second = await owner.api_keys.create(), await owner.api_keys.create()
    program = connect(gateway, auth=first.api_key)
    by_key = {key.prefix: key.id for key in await program.api_keys.list()}
    ids = [next(id_ for prefix, id_ in by_key.items() if one.api_key.startswith(prefix)) for one in (first, second)]
    for refused in (
        program.api_keys.create(),
        program.api_keys.revoke(ids[1]),
        program.owners.add(Ethereum().address),
        program.owners.remove(first.wallet),
    ):
        with pytest.raises(PermissionDeniedError) as error:
            await refused
        assert error.value.code == "wallet_required"
    await program.api_keys.revoke(ids[0])
    assert [key.id for key in await owner.api_keys.list() if key.id in ids] == [ids[1]]


async def test_owners_come_and_go(gateway, owner, connect, name) -> None:
    first = (await owner.whoami()).subject
    ethereum, solana = Ethereum(), Solana()
    assert await owner.owners.add(ethereum.address) is True
    assert await owner.owners.add(ethereum.address) is False
    assert await owner.owners.add(solana.address, chain="SOL") is True
    listed = await owner.owners.list()
    assert [one.wallet for one in listed] == [first, ethereum.address, solana.address]
    assert [one.added_by for one in listed[1:]] == [first, first]
    colleague = connect(gateway, auth=WalletKey(ethereum, name))
    assert (await colleague.whoami()).owner is True
    await owner.owners.remove(ethereum.address, chain="ETH")
    with pytest.raises((AuthenticationError, PermissionDeniedError)):
        await colleague.owners.list()
    with pytest.raises(NotFoundError) as missing:
        await owner.owners.remove(ethereum.address)
    assert missing.value.code == "owner_not_found"
    await owner.owners.remove(solana.address)
    with pytest.raises(ConflictError) as last:
        await owner.owners.remove(first)
    assert last.value.code == "last_owner"
    with pytest.raises(BadRequestError):
        await owner.owners.add("nobody")


async def test_a_session_ends_here_or_everywhere(gateway, connect, name) -> None:
    wallet = Ethereum()
    here, there, third = (WalletKey(wallet, name) for _ in range(3))
    clients = [connect(gateway, auth=one) for one in (here, there, third)]
    for client in clients:
        assert (await client.whoami()).method == "jwt"
    spent = here.pair
    assert await clients[0].logout() == 1
    left = connect(gateway, auth=Tokens(spent.access_token, spent.refresh_token))
    with pytest.raises(AuthenticationError):
        await left.whoami()
    assert (await clients[1].whoami()).subject == wallet.address.lower()
    assert (await clients[0].whoami()).method == "jwt"  # a wallet signs in again
    assert await clients[0].logout(everywhere=True) == 3
    with pytest.raises(AuthenticationError):
        await connect(gateway, auth=Tokens(third.pair.access_token)).whoami()


async def test_one_session_is_found_and_ended(gateway, connect, name) -> None:
    wallet = Ethereum()
    laptop, phone = WalletKey(wallet, name), WalletKey(wallet, name)
    here, there = connect(gateway, auth=laptop), connect(gateway, auth=phone)
    (own,) = await here.sessions.list()
    assert (own.current, own.renewed_at, own.id) == (True, None, (await here.whoami()).key_id)
    assert own.created_at < own.expires_at
    lost = (await there.whoami()).key_id
    assert {one.id: one.current for one in await here.sessions.list()} == {own.id: True, lost: False}
    spent = phone.pair
    await here.sessions.end(lost)
    with pytest.raises(AuthenticationError):
        await connect(gateway, auth=Tokens(spent.access_token, spent.refresh_token)).whoami()
    assert [one.id for one in await here.sessions.list()] == [own.id]
    with pytest.raises(NotFoundError) as missing:
        await here.sessions.end(lost)
    assert missing.value.code == "session_not_found"
    with pytest.raises(NotFoundError):
        await here.sessions.end("no/such session?")
    renewed = connect(gateway, auth=Tokens("old", laptop.pair.refresh_token))
    (own,) = await renewed.sessions.list()
    assert own.renewed_at is not None


async def test_sessions_are_the_wallets_own(gateway, owner, connect, name) -> None:
    mine = (await owner.whoami()).key_id
    stranger = connect(gateway, auth=WalletKey(Ethereum(), f"{name}-other"))
    assert mine not in {one.id for one in await stranger.sessions.list()}
    with pytest.raises(NotFoundError):
        await stranger.sessions.end(mine)
    program = connect(gateway, auth=(await owner.api_keys.create()).api_key)
    for refused in (program.sessions.list(), program.sessions.end(mine)):
        with pytest.raises(PermissionDeniedError) as error:
            await refused
        assert error.value.code == "wallet_required"
    assert [one.id for one in await owner.sessions.list()] == [mine]


async def test_where_only_the_gateway_knows_the_namespace(gateway, connect, name) -> None:
    wallet = WalletKey(Ethereum(), name)
    await connect(gateway, auth=wallet).whoami()
    unnamed = connect(gateway, auth=Tokens(refresh_token=wallet.pair.refresh_token))
    assert unnamed.namespace is None
    assert [one.wallet for one in await unnamed.owners.list()] == [wallet.address]


async def test_an_api_key_has_no_session_and_nobody_no_name(gateway, connect) -> None:
    assert await connect(gateway).logout() == 0
    assert (await connect(gateway).whoami()).authenticated is True
    with pytest.raises(AuthenticationError):
        await connect(gateway, auth=None).whoami()


async def test_without_asyncio(gateway, name) -> None:
    def use() -> None:
        with NetworkClient(gateway.url, auth=WalletKey(Ethereum(), name)) as client:
            made = client.api_keys.create("one")
            (listed,) = [key for key in client.api_keys.list() if key.name == "one"]
            client.api_keys.revoke(listed.id)
            assert client.owners.add(Ethereum().address) is True
            assert next(one.wallet for one in client.owners.list()) == made.wallet == client.whoami().subject
            (session,) = client.sessions.list()
            assert session.current
            client.sessions.end(session.id)
            assert [one.id == session.id for one in client.sessions.list()] == [False]  # it has signed in again
            assert client.logout() == 1

    await asyncio.to_thread(use)
