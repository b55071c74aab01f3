"""A topic whose publishers and subscribers are at different workers: they share the node, and nothing else."""

import asyncio
import base64

from .conftest import DEADLINE, kill


async def frames(ws, count):
    async with asyncio.timeout(DEADLINE):
        return [await ws.recv() for _ in range(count)]


async def publish(client, topic, data):
    body = {"topic": topic, "data_base64": base64.b64encode(data).decode()}
    answer = await client.post("/v1/pubsub/publish", json=body)
    assert answer.status_code == 200, answer.text


async def test_what_a_socket_publishes_reaches_the_other_worker_in_order_and_whole(crew, name) -> None:
    here, there = await crew.socket(0, name), await crew.socket(1, name)
    expected = [f"{number}".encode() for number in range(2000)]
    for data in expected:
        await here.send(data)
    assert await frames(here, len(expected)) == expected
    assert await frames(there, len(expected)) == expected


async def test_one_publisher_over_both_workers_is_heard_in_order_at_both(crew, name) -> None:
    sockets = [await crew.socket(index, name) for index in (0, 1)]
    clients = [await crew.client(index) for index in (0, 1)]
    expected = [f"{number}".encode() for number in range(300)]
    for number, data in enumerate(expected):
        await publish(clients[number % 2], name, data)
    for ws in sockets:
        assert await frames(ws, len(expected)) == expected


async def test_topics_of_all_workers_are_listed_at_each(crew, name) -> None:
    for index, topic in ((0, "a"), (1, "a"), (1, "b")):
        await crew.socket(index, f"{name}-{topic}")
    for index in (0, 1):
        answer = await (await crew.client(index)).get("/v1/pubsub/topics?subscribers=true")
        assert {f"{name}-a", f"{name}-b"} <= set(answer.json()["topics"])
        found = answer.json()["subscribers"]
        assert (found[f"{name}-a"], found[f"{name}-b"]) == (2, 1)


async def test_a_member_is_counted_once_wherever_its_sockets_are(crew, name) -> None:
    query = "&presence=true&member_id="
    await crew.socket(0, name, f"{query}ann")
    await crew.socket(1, name, f"{query}ben")
    second = await crew.socket(1, name, f"{query}ann")

    async def ids(index):
        answer = await (await crew.client(index)).get("/v1/pubsub/presence", params={"topic": name})
        return sorted(member["member_id"] for member in answer.json()["members"])

    async def are(index, *expected):
        return await ids(index) == list(expected)

    for index in (0, 1):
        await crew.until(lambda index=index: are(index, "ann", "ben"))
    await second.close()
    # "ann" is still there, by her other socket.
    for index in (0, 1):
        await crew.until(lambda index=index: are(index, "ann", "ben"))
    kill(crew.workers()[0])
    await crew.until(lambda: are(1, "ben"))


async def test_without_the_node_each_worker_still_serves_its_own_and_says_so(make_crew, rqlited, name) -> None:
    crew = await make_crew(rqlite_dsn=rqlited.url, pubsub={"relay_timeout": "200ms"}).start()
    here, client = await crew.socket(0, name), await crew.client(0)
    body = {"topic": name, "data_base64": "aGVsbG8="}
    answer = await client.post("/v1/pubsub/publish", json=body)
    assert (answer.status_code, answer.json()["code"]) == (503, "relay_unavailable")
    assert await frames(here, 1) == [b"hello"]


async def test_without_a_node_one_daemon_is_started_for_all_workers(make_crew, make_node, rqlited, name) -> None:
    node = make_node().wait()
    info = node.directory / "peer.info"
    while not info.exists():  # noqa: ASYNC110 - a file of another process
        await asyncio.sleep(0.02)
    crew = await make_crew(rqlite_dsn=rqlited.url, bootstrap_peers=[info.read_text().strip()]).start()
    await crew.until(lambda: crew.log().count("p2p daemon connected") == 2)
    assert len(crew.daemons()) == 1
    here, there = await crew.socket(0, name), await crew.socket(1, name)
    await here.send(b"hello")
    assert await frames(there, 1) == [b"hello"]
