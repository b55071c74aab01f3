"""Topics through the client library."""

import asyncio

import pytest

from debros.client import (
    AuthenticationError,
    BadRequestError,
    ClosedError,
    Gap,
    GapReason,
    Joined,
    Left,
    Member,
    SlowReaderError,
    Tokens,
    TooLargeError,
    UnavailableError,
    UnexpectedAnswerError,
    UnreachableError,
)
from testkit.ports import free_port
from testkit.wallets import Ethereum

PATIENCE = 120  # seconds to wait for an event; never a measurement


async def texts(subscription, count) -> list[str]:
    return [(await subscription.get(timeout=PATIENCE)).text for _ in range(count)]


async def to_the_end(subscription) -> None:
    async with asyncio.timeout(PATIENCE):
        async for _ in subscription:
            pass


async def refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # refused, or reset while it ends
        return True
    writer.close()
    return False


@pytest.fixture
def client(relayed, connect):
    return connect(relayed)


async def test_a_message_reaches_every_subscriber_as_it_was_sent(client, connect, relayed, name) -> None:
    async with await client.pubsub.subscribe(name) as one, await connect(relayed).pubsub.subscribe(name) as other:
        assert one.connected
        for payload in (b"", b"\x00\xff", b"same", b"same", "grüße".encode()):
            await client.pubsub.publish(name, payload)
        for subscription in (one, other):
            got = [(await subscription.get(timeout=PATIENCE)).data for _ in range(5)]
            assert got == [b"", b"\x00\xff", b"same", b"same", "grüße".encode()]
        assert name in await client.pubsub.topics()


async def test_a_large_message_and_one_that_is_too_large(client, name) -> None:
    subscription = await client.pubsub.subscribe(name)
    await client.pubsub.publish(name, b"x" * 1_000_000)
    assert len((await subscription.get(timeout=PATIENCE)).data) == 1_000_000
    with pytest.raises(TooLargeError):
        await client.pubsub.publish(name, b"x" * 1_100_000)


async def test_published_once_with_a_key(client, name) -> None:
    subscription = await client.pubsub.subscribe(name)
    for _ in range(3):
        await client.pubsub.publish(name, "once", idempotency=name)
    await client.pubsub.publish(name, "end")
    assert await texts(subscription, 2) == ["once", "end"]


async def test_a_subscription_ends_when_it_is_closed(client, name) -> None:
    tasks = asyncio.all_tasks()
    subscription = await client.pubsub.subscribe(name)
    reading = asyncio.create_task(subscription.get())
    await asyncio.sleep(0)
    await client.pubsub.unsubscribe(name)
    with pytest.raises(ClosedError):
        await reading
    assert [event async for event in subscription] == []
    assert not subscription.connected
    await subscription.close()
    await client.pubsub.unsubscribe(subscription)
    assert {task for task in asyncio.all_tasks() - tasks if "debros" in task.get_name()} == set()


async def test_nothing_in_time(client, name) -> None:
    async with await client.pubsub.subscribe(name) as subscription:
        with pytest.raises(TimeoutError):
            await subscription.get(timeout=0.05)
        await client.pubsub.publish(name, "later")
        assert await texts(subscription, 1) == ["later"]


async def test_presence(client, connect, relayed, name) -> None:
    ann = await client.pubsub.subscribe(name, member=Member("ann", {"colour": "red"}))
    event = await ann.get(timeout=PATIENCE)
    assert isinstance(event, Joined)
    assert (event.member, event.member.meta) == (Member("ann"), {"colour": "red"})
    ben = await connect(relayed).pubsub.subscribe(name, member="ben")
    assert (await ann.get(timeout=PATIENCE)).member.id == "ben"
    assert [one.member_id for one in await client.pubsub.presence(name)] == ["ann", "ben"]
    await ben.close()
    gone = await ann.get(timeout=PATIENCE)
    assert isinstance(gone, Left)
    assert gone.member.id == "ben"
    await client.pubsub.publish(name, "for messages() only")
    async for message in ann.messages():
        assert message.text == "for messages() only"
        break


async def test_a_restarted_gateway_leaves_a_gap_and_nothing_else(make_gateway, connect, node, name, eventually) -> None:
    port = free_port()
    settings = {"listen_addr": f"127.0.0.1:{port}", "p2p_socket": str(node.socket)}
    gateway = await make_gateway(**settings)
    key = gateway.http.headers["X-API-Key"]
    client = connect(f"http://127.0.0.1:{port}", auth=key, repeats=100, timeout=PATIENCE)
    subscription = await client.pubsub.subscribe(name)
    await client.pubsub.publish(name, "before")
    gateway.server.should_exit = True
    assert await texts(subscription, 1) == ["before"]
    await eventually(lambda: refuses(port))
    await make_gateway(**settings)
    gap = await subscription.get(timeout=PATIENCE)
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.dropped) == (GapReason.RECONNECTED, 0)
    assert gap.seconds > 0
    assert subscription.connected
    assert subscription.trouble is None
    await client.pubsub.publish(name, "after")
    assert await texts(subscription, 1) == ["after"]


async def test_a_gateway_that_ends_is_left_for_another(make_gateway, connect, node, name) -> None:
    one, other = [await make_gateway(p2p_socket=str(node.socket)) for _ in range(2)]
    client = connect(one, other)
    subscription = await client.pubsub.subscribe(name)
    one.server.should_exit = True
    assert isinstance(await subscription.get(timeout=PATIENCE), Gap)
    await other.http.post("/v1/pubsub/publish", json={"topic": name, "data_base64": "aGk="})
    assert await texts(subscription, 1) == ["hi"]
    assert client.endpoint == other.url


async def test_while_no_gateway_is_there_the_trouble_is_told(make_gateway, connect, name, eventually) -> None:
    gateway = await make_gateway()
    client = connect(gateway, repeats=0)
    subscription = await client.pubsub.subscribe(name)
    gateway.server.should_exit = True
    await eventually(lambda: subscription.trouble)
    assert isinstance(subscription.trouble, UnreachableError | UnavailableError)
    assert not subscription.connected
    await client.close()
    assert [event async for event in subscription] == []


async def test_a_slow_reader_loses_the_oldest_and_is_told(client, name, eventually) -> None:
    subscription = await client.pubsub.subscribe(name, queue=2)
    for number in range(5):
        await client.pubsub.publish(name, str(number))
    await eventually(lambda: subscription.dropped == 3)
    assert await subscription.get() == Gap(GapReason.SLOW_READER, dropped=3)
    assert await texts(subscription, 2) == ["3", "4"]
    assert subscription.waiting == 0


async def test_a_slow_reader_may_end_the_subscription(client, name) -> None:
    subscription = await client.pubsub.subscribe(name, queue=1, on_slow="close")
    for number in range(3):
        await client.pubsub.publish(name, str(number))
    with pytest.raises(SlowReaderError):
        await to_the_end(subscription)


async def test_a_reader_that_makes_the_gateway_wait_is_closed_and_told(make_gateway, connect, name) -> None:
    gateway = await make_gateway(pubsub={"ws_queue": 8})
    client = connect(gateway)
    subscription = await client.pubsub.subscribe(name, queue=1, on_slow="wait")
    big = "x" * 500_000
    for _ in range(60):  # more than sockets and queues of both sides hold
        await gateway.http.post("/v1/pubsub/publish", json={"topic": name, "data_base64": big})
        if gateway.services.hub.counters.closed_slow:
            break
    assert gateway.services.hub.counters.closed_slow == 1
    while not isinstance(event := await subscription.get(timeout=PATIENCE), Gap):
        pass
    assert event.reason in {GapReason.SLOW_CONNECTION, GapReason.RECONNECTED}
    assert subscription.connected


async def test_a_refused_subscription_says_why(relayed, connect) -> None:
    with pytest.raises(BadRequestError) as bad:
        await connect(relayed).pubsub.subscribe("")
    assert bad.value.code == "invalid_topic"
    with pytest.raises(AuthenticationError) as unknown:
        await connect(relayed, auth="ak_wrong:default").pubsub.subscribe("t")
    assert unknown.value.code == "invalid_api_key"


async def test_a_redirect_is_not_followed_with_the_key(connect) -> None:
    async def answer(reader, writer) -> None:  # a proxy before no gateway
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        client = connect(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", auth="ak_x:default")
        for call in (client.pubsub.subscribe("t"), client.storage.get("t")):
            with pytest.raises(UnexpectedAnswerError, match=r"sends you on to http://elsewhere\.example/"):
                await call


async def test_a_revoked_credential_ends_the_subscription(relayed, connect, people, name) -> None:
    found = await people.sign_in(relayed, Ethereum(), name)
    client = connect(relayed, auth=Tokens(found["access_token"]))
    subscription = await client.pubsub.subscribe(name)
    bearer = {"X-API-Key": "", "Authorization": f"Bearer {found['access_token']}"}
    await relayed.http.post("/v1/auth/logout", headers=bearer)
    with pytest.raises(AuthenticationError):
        await to_the_end(subscription)
    assert isinstance(subscription.trouble, AuthenticationError)


@pytest.mark.parametrize("options", [{"queue": 0}, {"queue_bytes": 0}, {"on_slow": "drop"}])
async def test_a_callers_mistake(client, options) -> None:
    with pytest.raises(ValueError, match=r"queue|on_slow"):
        await client.pubsub.subscribe("t", **options)
