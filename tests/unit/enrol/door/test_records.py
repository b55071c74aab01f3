"""What the door remembers: invites as they were made, and what became of them, also when a file is damaged."""

import hashlib
import json
import time

import pytest

from debros.enrol.door import offers
from debros.enrol.door.ledger import Ledger
from debros.hosts.membership import used

SECRET = b"s" * 32


def offer(number=1, *, seconds=60):
    return offers.Offer(f"{number:08x}", hashlib.sha256(SECRET).hexdigest(), int(time.time()) + seconds, 7002)


@pytest.fixture
def invites(tmp_path):
    return tmp_path / "invites"


@pytest.fixture
def claims(tmp_path):
    (tmp_path / "claims").mkdir()
    return tmp_path / "claims"


def test_an_invite_is_known_again_by_its_secret_alone(invites) -> None:
    offers.write(offer(), invites)
    (found,) = offers.read(invites)
    assert found == offer(seconds=found.expires - int(time.time()))
    assert found.fits(SECRET)
    assert not found.fits(b"t" * 32)
    assert SECRET.hex() not in (invites / f"{found.id}.json").read_text()
    assert oct(invites.stat().st_mode)[-3:] == "700"


def test_under_the_names_that_systemd_gives_them(tmp_path, invites) -> None:
    path = offers.write(offer(), invites)
    path.rename(tmp_path / f"invites_{path.name}")
    (tmp_path / "secrets_ca.key").write_text("x")
    assert [one.id for one in offers.read(tmp_path, "invites_")] == [offer().id]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": "x", "expires": 1, "port": 1}', '{"expires": 1}'])
def test_what_is_no_invite_does_not_count(invites, text) -> None:
    offers.write(offer(1), invites)
    (invites / f"{2:08x}.json").write_text(text)
    (invites / "README").write_text(json.dumps({"sha256": "0" * 64, "expires": 1, "port": 1}))
    assert [one.id for one in offers.read(invites)] == [offer(1).id]


def test_a_claim_is_bound_then_done_and_never_stored_itself(claims) -> None:
    ledger = Ledger(claims)
    assert ledger.find("a") is None
    ledger.bind("a", b"claim")
    ledger.bind("a", b"claim", "n2", "192.0.2.2")
    entry = Ledger(claims).find("a")
    assert entry is not None
    assert (entry.name, entry.address, entry.done) == ("n2", "192.0.2.2", False)
    assert entry.is_by(b"claim")
    assert not entry.is_by(b"other")
    assert not ledger.is_done("a")
    ledger.finish("a", entry)
    assert ledger.is_done("a")
    assert "claim" not in (claims / "a.json").read_text().replace('"claim"', "")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_a_damaged_entry_gives_the_invite_to_nobody(claims, text) -> None:
    (claims / "a.json").write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's and our own
        Ledger(claims).find("a")
    assert not Ledger(claims).is_done("a")


def test_what_nobody_can_use_is_forgotten_and_its_port_not_opened(invites, claims) -> None:
    assert used.clear(invites, claims) == []
    assert used.ports(invites, claims) == set()
    for number, seconds in ((1, 60), (2, -1), (3, 60)):
        offers.write(offer(number, seconds=seconds), invites)
        Ledger(claims).bind(offer(number).id, b"claim")
    entry = Ledger(claims).find(offer(3).id)
    assert entry is not None
    Ledger(claims).finish(offer(3).id, entry)
    assert used.ports(invites, claims) == {7002}
    assert [one.id for one in used.clear(invites, claims)] == [offer(1).id]
    assert [path.name for path in invites.iterdir()] == [f"{offer(1).id}.json"]
    assert [path.name for path in claims.iterdir()] == [f"{offer(1).id}.json"]
