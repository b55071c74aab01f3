"""What the node makes of an answer about members and clients; integration tests ask a real rqlite."""

import httpx
import pytest
import trio

from debros.node.members import MembersWatch

PEER = "12D3KooWA1bPVSyuPHGrRnBP2jMbKsVTWcUQPGcfvDAHGZMxDNEF"
CLIENT = "12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8"
MEMBERS = {
    "columns": ["name", "address", "peer_id", "position"],
    "types": ["", "", "", ""],
    "values": [["n1", "192.0.2.1", PEER, 1]],
}
CLIENTS = {"columns": ["peer_id"], "types": ["text"], "values": [[CLIENT]]}
BROKEN = {"error": "no such column: seen_at"}


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr("debros.node.members._log.warning", lambda _event, reason: said.append(reason))
    return said


def follow(path, *results):
    """Return a watch that has asked an rqlite, faked, which gave these results one after the other."""
    watch, left = MembersWatch("http://rqlite", path), iter(results)
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json={"results": next(left)}))

    async def main():
        async with httpx.AsyncClient(base_url="http://rqlite", transport=transport) as client:
            for _ in results:
                await watch._follow(client)

    trio.run(main)
    return watch


def test_members_and_clients_are_known(tmp_path, warned) -> None:
    watch = follow(tmp_path / "members.json", [MEMBERS, CLIENTS])
    assert (watch.names, watch.clients) == ({PEER: "n1"}, {CLIENT})
    assert warned == []


def test_clients_that_cannot_be_read_hinder_no_member_and_are_told_once(tmp_path, warned) -> None:
    watch = follow(tmp_path / "members.json", [MEMBERS, CLIENTS], [MEMBERS, BROKEN], [MEMBERS, BROKEN])
    assert (watch.names, watch.clients) == ({PEER: "n1"}, {CLIENT})
    assert warned == ["gateways without a node: no such column: seen_at"]


def test_what_is_wrong_again_is_told_again(tmp_path, warned) -> None:
    follow(tmp_path / "members.json", [BROKEN, CLIENTS], [BROKEN, CLIENTS], [MEMBERS, CLIENTS], [BROKEN, CLIENTS])
    assert warned == ["no such column: seen_at"] * 2


def test_a_file_that_cannot_be_written_is_told_once(tmp_path, warned) -> None:
    follow(tmp_path / "nowhere" / "members.json", [MEMBERS, CLIENTS], [MEMBERS, CLIENTS])
    (reason,) = warned
    assert "nowhere/members.json cannot be written" in reason
