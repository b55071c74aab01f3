"""The commands of docs/pubsub.md, run in its order against a real gateway beside a real node."""

import re
from pathlib import Path

from debros.cli import credentials
from debros.gateway.pubsub import relay, session
from debros.gateway.routes import pubsub
from testkit.documents import run_commands

PAGE = " ".join((Path(__file__).parents[3] / "docs" / "pubsub.md").read_text().split())


async def test_every_command_works(make_gateway, node, own_keys, tmp_path, eventually) -> None:
    gateway = await make_gateway(api_keys=own_keys, p2p_socket=str(node.socket))
    await eventually(lambda: gateway.services.p2p.connected)
    key, namespace = own_keys[0].values()
    stored = tmp_path / "credentials.json"
    credentials.save_api_key(stored, gateway.url, key, namespace)
    env = {"KEY": key, "DEBROS_GATEWAY_URL": gateway.url, "DEBROS_CREDENTIALS_FILE": str(stored)}
    lines = await run_commands("pubsub.md", gateway.port, tmp_path, env)
    topics, published, one, two, present = [line for line in lines if line]
    assert topics == '{"topics":["orders"]}'
    assert published == '{"status":"ok"}'
    assert (one, two) == ("one", "two")
    assert present == '{"topic":"orders","members":[],"count":0}'


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"at most {session._UNDER_WAY} messages on their way" in PAGE
    assert f"holds {relay._ROOM // 2**20} MiB for all" in PAGE
    assert pubsub._QUEUED_LARGEST == 16
    assert "the bytes of sixteen of the longest" in PAGE
    told = set(re.findall(r"\| (1\d\d\d) \|", PAGE))
    assert told - {"1011", "1008"} == set(pubsub._SOCKET["x-websocket"]["close"])
