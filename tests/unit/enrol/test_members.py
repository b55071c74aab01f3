"""What may stand in the list of members, and what the roles are given of it."""

import stat

import pytest
import yaml

from debros.enrol import inventory
from debros.enrol.members import MemberError, parse

PEER = "12D3KooWA1bPVSyuPHGrRnBP2jMbKsVTWcUQPGcfvDAHGZMxDNEF"
OTHER = "12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8"


def row(name="n1", address="192.0.2.1", peer_id="", position=1):
    return {"name": name, "address": address, "peer_id": peer_id, "position": position}


def test_they_come_in_the_order_of_their_positions() -> None:
    members = parse([row("b", "192.0.2.2", PEER, 7), row("a", "2001:DB8::1", "", 2)])
    assert [(member.name, member.address, member.position) for member in members] == [
        ("a", "2001:db8::1", 2),
        ("b", "192.0.2.2", 7),
    ]


@pytest.mark.parametrize(
    "entries",
    [
        [row(name="")],
        [row(name="-a")],
        [row(name="a b")],
        [row(name="../a")],
        [row(name="a\nb: c")],
        [row(name="a" * 64)],
        [row(name="{{ x }}")],
        [row(name=7)],
        [row(address="n1")],
        [row(address="")],
        [row(address="0.0.0.0")],
        [row(address="224.0.0.1")],
        [row(address="fe80::1%eth0")],
        [row(address="192.0.2.1/24")],
        [row(address=None)],
        [row(peer_id="x")],
        [row(peer_id=PEER + "\n")],
        [row(peer_id=PEER[:-1])],
        [row(peer_id="../" + PEER[3:])],
        [row(position=0)],
        [row(position=True)],
        [row(position="1")],
        [row(position=1.0)],
        [{"name": "n1"}],
        ["n1"],
        [row(), row(address="192.0.2.2", position=2)],
        [row(), row(name="N1", address="192.0.2.2", position=2)],
        [row(), row(name="n2", position=2)],
        [row(), row(name="n2", address="192.0.2.2")],
        [row(f"n{n}", f"10.0.{n // 250}.{n % 250}", "", n) for n in range(1, 1002)],
    ],
)
def test_what_could_do_harm_is_refused(entries) -> None:
    with pytest.raises(MemberError):
        parse(entries)


@pytest.fixture
def place(tmp_path):
    for name in ("inventory", "secrets"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(place, *rows, own="n1"):
    return inventory.write(parse(rows), place / "inventory", place / "secrets", own=own)


def test_the_roles_get_a_list_and_the_peer_ids(place) -> None:
    peers = place / "secrets" / "peers"
    rows = [row(peer_id=PEER), row("9", "2001:db8::9", OTHER, 3), row("n2", "192.0.2.2", "", 2)]
    assert put(place, *rows)
    assert yaml.safe_load((place / "inventory" / "members.yml").read_text()) == {
        "debros": {
            "hosts": {
                "n1": {"debros_address": "192.0.2.1", "debros_position": 1},
                "n2": {"debros_address": "192.0.2.2", "debros_position": 2},
                "9": {"debros_address": "2001:db8::9", "debros_position": 3},
            }
        }
    }
    assert {path.name: path.read_text() for path in peers.iterdir()} == {"9": f"{OTHER}\n"}
    assert stat.S_IMODE((peers / "9").stat().st_mode) == 0o600
    assert not put(place, *rows)


def test_who_is_gone_or_new_loses_its_peer_id_but_not_this_host(place) -> None:
    peers = place / "secrets" / "peers"
    put(place, row(), row("n2", "192.0.2.2", PEER, 2), row("n3", "192.0.2.3", OTHER, 3))
    (peers / "n1").write_text("its own\n")
    assert put(place, row(), row("n2", "192.0.2.2", "", 2))
    assert sorted(path.name for path in peers.iterdir()) == ["n1"]
    assert (peers / "n1").read_text() == "its own\n"


def test_root_does_not_write_through_a_link(place) -> None:
    elsewhere = place / "elsewhere"
    elsewhere.write_text("mine")
    (place / "inventory" / "members.yml").symlink_to(elsewhere)
    assert put(place, row())
    assert elsewhere.read_text() == "mine"
    assert not (place / "inventory" / "members.yml").is_symlink()
