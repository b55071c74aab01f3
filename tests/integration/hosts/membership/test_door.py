"""Hosts come in with an invite: a real door with real certificates, and the joiner as the installer runs it."""

import base64
import hashlib
import json
import secrets
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import yaml

from debros.enrol.knock import Door
from testkit.guests import DOOR, VERSION, Guest, door_is_open, invited, refusal
from testkit.patience import wait_until

PEER = "12D3KooWA1bPVSyuPHGrRnBP2jMbKsVTWcUQPGcfvDAHGZMxDNEF"


def test_a_host_joins_and_the_invite_is_spent(member, guest, another) -> None:
    invite = invited(member)
    (own,) = [row for row in member.members if row[0] == member.name]
    assert own == (member.name, "127.0.0.1", member.json("identity")["peer_id"], 1)
    hello = guest.json("check", invite)
    assert hello["joined"] is False
    assert hello["release"]["version"] == VERSION
    assert [one["name"] for one in hello["members"]] == [row[0] for row in member.members]
    assert not guest.secrets.exists()
    assert not guest.state.exists()

    joined = guest.json("join", invite)
    assert joined["changed"] is True
    assert [one["name"] for one in joined["members"]][-1] == guest.name
    assert member.members[-1][:3] == (guest.name, guest.address, "")
    for name in ("ca.crt", "ca.key", "rqlite.yml", "api-keys"):
        assert (guest.secrets / name).read_bytes() == (member.etc / "secrets" / name).read_bytes()
        assert oct((guest.secrets / name).stat().st_mode)[-3:] == "600"
    assert oct(guest.secrets.stat().st_mode)[-3:] == "700"
    assert (guest.secrets / "peers" / member.name).read_text().strip() == own[2]
    assert not (guest.secrets / "peers" / guest.name).exists()
    hosts = yaml.safe_load((guest.inventory / "members.yml").read_text())["debros"]["hosts"]
    assert hosts[guest.name] == {"debros_address": guest.address, "debros_position": member.members[-1][3]}
    assert not guest.state.exists()

    # The invite is worth nothing any more, and was the last: the door is gone.
    wait_until(lambda: not door_is_open(member))
    assert "the cluster cannot be reached at 127.0.0.1" in another.error("check", invite)
    # For the host that has joined with it all is well, also when nobody can be asked.
    assert guest.json("check", invite)["joined"] is True
    assert guest.json("join", invite) == {"joined": True, "changed": False, "members": None}
    assert guest.json("check", replace(invite, expires=1000))["joined"] is True


def test_hello_binds_nothing_and_a_claim_binds_for_good(member, guest, another) -> None:
    invite = invited(member)
    guest.json("check", invite)
    another.json("check", invite)
    assert another.json("join", invite)["changed"]
    wait_until(lambda: not door_is_open(member))
    assert "cannot be reached" in guest.error("join", invite)


def test_an_interrupted_join_goes_on_and_nobody_else_comes_in(member, guest, another) -> None:
    spare = invited(member)  # keeps the door open
    invite = invited(member)
    assert guest.json("check", invite)
    # The host dies when it has stored its claim and the member has noted it.
    claim = base64.b64encode(secrets.token_bytes(32)).decode()
    guest.state.write_text(json.dumps({"invite": hashlib.sha256(invite.secret).hexdigest(), "claim": claim}))
    first = Door(invite).ask("/v1/join", claim=claim, name=guest.name, address=guest.address, version=VERSION)
    assert first["secrets"]["api-keys"] == "ak_secret-key:default\n"

    refused = another.error("join", invite)
    assert f"the invite was used already, by a host called {guest.name}" in refused
    assert "sudo network-cli invite" in refused
    assert not another.secrets.exists()
    assert not another.state.exists()
    # Also after the door was started anew.
    member.systemctl("restart", DOOR)
    assert "used already" in another.error("check", invite)
    assert guest.json("check", invite)["joined"] is False
    assert "has begun to join as" in guest.error("join", invite, name="elsewhere")
    assert guest.state.exists()

    before = member.members
    assert guest.json("join", invite)["changed"]
    assert member.members == before
    assert (guest.secrets / "ca.key").exists()
    # Now it is spent, also for the claim that has it.
    assert "used already" in refusal(invite, "/v1/join", claim, guest)
    assert "used already" in another.error("check", invite)
    assert another.json("join", spare)["changed"]


def test_secrets_without_their_mark_are_fetched_again(member, guest) -> None:
    invite = invited(member)
    claim = base64.b64encode(secrets.token_bytes(32)).decode()
    guest.state.write_text(json.dumps({"invite": hashlib.sha256(invite.secret).hexdigest(), "claim": claim}))
    Door(invite).ask("/v1/join", claim=claim, name=guest.name, address=guest.address, version=VERSION)
    guest.secrets.mkdir()
    shutil.copy(member.etc / "secrets" / "ca.crt", guest.secrets)
    assert guest.json("check", invite)["joined"] is False
    assert guest.json("join", invite)["changed"]
    assert (guest.secrets / "ca.key").exists()


def test_the_last_word_may_be_lost(member, guest) -> None:
    invite = invited(member)
    claim = base64.b64encode(secrets.token_bytes(32)).decode()
    stored = json.dumps({"invite": hashlib.sha256(invite.secret).hexdigest(), "claim": claim})
    guest.state.write_text(stored)
    assert guest.json("join", invite)["changed"]
    guest.state.write_text(stored)  # as if it had died before it could forget
    wait_until(lambda: not door_is_open(member))
    # As the installer asks once the last of the secrets is here: with the claim left out.
    assert guest.json("check", replace(invite, expires=1), state=None)["joined"] is True
    assert guest.json("join", replace(invite, expires=int(time.time()) - 1)) == {
        "joined": True,
        "changed": True,
        "members": None,
    }
    assert not guest.state.exists()


def test_a_host_that_was_given_up_may_come_again_with_a_new_invite(member, guest, tmp_path) -> None:
    invite, later = invited(member), invited(member)
    claim = base64.b64encode(secrets.token_bytes(32)).decode()
    Door(invite).ask("/v1/join", claim=claim, name=guest.name, address=guest.address, version=VERSION)
    before = member.members
    assert guest.json("join", later)["changed"]
    assert member.members == before
    # Once it has told its peer id it is a member, and its place is taken.
    member.write(["UPDATE _gw_members SET peer_id = ? WHERE name = ?", PEER, guest.name])
    again = Guest(tmp_path / "again", guest.number)
    assert "already" in again.error("join", invited(member))


def test_two_members_let_hosts_in_at_the_same_moment(make_hosts, ca, tmp_path) -> None:
    hosts = make_hosts(2, apart=True)
    for host in hosts:
        host.manage_itself(ca)
        host.enter(host.name, host.address)
    invites = [[invited(host) for _ in range(3)] for host in hosts]
    guests = [[Guest(tmp_path / f"{side}-{number}") for number in range(2)] for side in range(2)]
    rivals = [Guest(tmp_path / f"rival-{side}", 251 + side) for side in range(2)]
    rivals[1].name = rivals[0].name
    with ThreadPoolExecutor(6) as pool:
        fine = [pool.submit(guests[side][n].json, "join", invites[side][n]) for side in range(2) for n in range(2)]
        raced = [pool.submit(rivals[side].run, "join", invites[side][2]) for side in range(2)]
        assert all(future.result()["changed"] for future in fine)
        codes = sorted(future.result().returncode for future in raced)
    assert codes == [0, 1]
    rows = hosts[0].members
    assert len(rows) == 2 + 4 + 1
    assert len({position for *_, position in rows}) == len(rows)
    # Who was late has spent nothing: under another name and address it comes in with the same invite.
    (lost,) = [rival for rival in rivals if not rival.secrets.exists()]
    invite = invites[rivals.index(lost)][2]
    assert "already" in lost.error("join", invite)
    assert lost.json("join", invite, name="late")["changed"]


def test_what_was_taken_back_lets_nobody_in(member, guest, another) -> None:
    member.invite("--revoke")
    invite, begun = invited(member), invited(member)
    guest.json("check", invite)
    another.state.write_text(
        json.dumps({"invite": hashlib.sha256(begun.secret).hexdigest(), "claim": base64.b64encode(b"x" * 32).decode()})
    )
    done = member.invite("--revoke", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"revoked": 2})
    assert not door_is_open(member)
    assert member.invites() == []
    assert "cannot be reached" in guest.error("join", invite)
    # With the door open for another one, too.
    invited(member)
    for host, old in ((guest, invite), (another, begun)):
        assert "sudo network-cli invite" in host.error("join", old)
        assert not host.secrets.exists()
    assert "1 invite taken back" in member.invite("--revoke").stdout
    assert "0 invites taken back" in member.invite("--revoke").stdout
