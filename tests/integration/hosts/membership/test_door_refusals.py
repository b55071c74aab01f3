"""Who does not come in, and hears why: strangers, invites that are spent, expired or damaged, hosts that do not fit."""

import base64
import secrets
import socket
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest

from debros.enrol.invite import Invite
from debros.enrol.knock import Door, JoinError
from testkit.guests import DOOR, VERSION, Stranger, door_is_open, invited, offer
from testkit.patience import wait_until
from testkit.ports import free_port


def answers(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def test_expired_on_both_sides_of_the_door(member, guest) -> None:
    spare = offer(member, seconds=300)
    invite = offer(member, seconds=-5)
    wait_until(lambda: answers(spare.port))
    for what in ("check", "join"):
        said = guest.error(what, replace(invite, port=spare.port))
        assert "the invite has expired: it was valid until 20" in said
        assert "This machine's clock says 20" in said
        assert "the member's 20" in said
        assert "sudo network-cli invite" in said
    # Nobody is there any more.
    said = guest.error("check", invite)
    assert "the invite has expired" in said
    assert "the member's" not in said
    assert not guest.secrets.exists()


def test_the_door_ends_when_the_last_invite_expires(member) -> None:
    for path in (member.etc / "invites").iterdir():
        path.unlink()
    for seconds in (4, 16, 64):  # the first in which this machine opens the door
        invite = offer(member, seconds=seconds)
        with suppress(JoinError):
            Door(invite).ask("/v1/hello")
            if door_is_open(member):
                break
    else:
        pytest.fail("the door never opened")
    wait_until(lambda: not door_is_open(member))


def test_a_stranger_hears_no_secret(member, guest, make_ca, tmp_path) -> None:
    stranger = Stranger(make_ca(), tmp_path)
    invite = replace(invited(member), port=stranger.port)
    said = guest.error("check", invite)
    assert (
        f"somebody else answers at 127.0.0.1:{stranger.port}: not the cluster that made this invite. Do not go on."
        in said
    )
    assert stranger.heard
    assert not any(b"POST" in request or base64.b64encode(invite.secret) in request for request in stranger.heard)
    # It knows the right certificate of the authority as well, which is no secret, but has no key that fits.
    stranger.shows = (member.keys / "raft-ca.crt").read_text()
    said = guest.error("join", invite)
    assert "somebody else answers" in said
    assert not any(b"POST" in request for request in stranger.heard)
    stranger.close()


def test_what_is_no_door_is_told_from_one(member, guest) -> None:
    plain = replace(invited(member), port=member.http)
    assert "is not the door of a cluster" in guest.error("check", plain)
    nobody = replace(plain, port=free_port())
    said = guest.error("check", nobody)
    assert f"the cluster cannot be reached at 127.0.0.1:{nobody.port} (TCP)" in said
    assert "firewall" in said
    assert "valid until 20" in said


def test_a_wrong_secret_is_refused_and_noted_but_not_written_down(member, guest) -> None:
    invite = invited(member)
    wrong = replace(invite, secret=secrets.token_bytes(32))
    assert "this member does not know the invite" in guest.error("check", wrong)
    log = (member.home / "bin" / f"{DOOR}.log").read_text()
    assert "invite refused" in log
    assert "invite_unknown" in log
    for secret in (wrong.secret, invite.secret):
        assert base64.b64encode(secret).decode() not in log
        assert secret.hex() not in log
    for path in (member.etc / "invites").iterdir():
        assert base64.b64encode(invite.secret).decode() not in path.read_text()
        assert oct(path.stat().st_mode)[-3:] == "600"


def test_what_does_not_fit_binds_nothing(member, guest, another) -> None:
    invite = invited(member)
    for what in ("check", "join"):
        said = guest.error(what, invite, version="99.1.2")
        assert f"the cluster runs version {VERSION}, and this would install 99.1.2" in said
        assert f"--version {VERSION}" in said
        taken = guest.error(what, invite, name=member.name.upper())
        assert f"the cluster has a host called {member.name} already, at 127.0.0.1" in taken
        assert f"members remove {member.name}" in taken
        taken = guest.error(what, invite, address="127.0.0.1")
        assert f"the cluster has a host at 127.0.0.1 already, called {member.name}" in taken
    assert not guest.secrets.exists()
    assert not guest.state.exists()
    assert another.json("join", invite)["changed"]


def test_a_damaged_invite_says_so_before_anybody_is_asked(guest) -> None:
    whole = Invite("127.0.0.1", 1, b"c" * 32, b"s" * 32, 2_000_000_000).encode()
    for text in (whole[:-1], whole[:-7], whole[:40], whole.replace("A", "B", 1), whole + "A"):
        assert "cut off or mistyped: copy it whole" in guest.error("join", text)
    assert "there is no invite" in guest.error("check", " \n")
    assert "that is no invite of DeBros Network: one begins with debros1-" in guest.error("check", "hello-world")
    assert "another version" in guest.error("check", "debros7-abcdef")
    assert not guest.state.exists()


def test_a_host_with_a_cluster_of_its_own_does_not_join(member, guest, make_ca) -> None:
    invite = invited(member)
    guest.secrets.mkdir()
    (guest.secrets / "ca.crt").write_bytes(make_ca().pem)
    (guest.secrets / "ca.key").write_bytes(b"x")
    for what in ("check", "join"):
        said = guest.error(what, invite)
        assert "this host has a cluster of its own" in said
        assert "--purge" in said
    assert (guest.secrets / "ca.key").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/hello", b"", 400, "empty_body"),
        ("/v1/hello", b"{", 400, "invalid_json"),
        ("/v1/hello", b'{"secret": "c2hvcnQ="}', 400, "invalid_body"),
        ("/v1/join", b'{"secret": "x"}', 400, "invalid_body"),
        ("/v1/hello", b'{"secret": "' + b"A" * 9000 + b'"}', 413, "body_too_large"),
        ("/v1/other", b"{}", 404, "not_found"),
    ],
)
def test_nonsense_gets_a_clear_answer(member, path, body, status, code) -> None:
    invite = offer(member, seconds=60)
    Door(invite).ask("/v1/hello")
    answer = httpx.post(f"https://127.0.0.1:{invite.port}{path}", content=body, verify=False)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("name", ["-x", "a.b", "a/b", "", "x" * 64, "ä"])
def test_a_name_that_could_do_harm_is_wrong_usage(guest, name) -> None:
    done = guest.run("check", Invite("127.0.0.1", 1, b"c" * 32, b"s" * 32, 2_000_000_000), name=name or "  ")
    assert done.returncode == 2
    assert "no host name" in done.stderr or "expected one argument" in done.stderr
