"""A member follows the list by running its own roles, once for each change."""

import json
import threading
import time

import pytest
import yaml

from debros.enrol.inventory import FILE
from debros.hosts.membership import roles
from debros.terminal.errors import CliError, ExitCode
from testkit.follower import Follower
from testkit.guests import PEERS
from testkit.patience import wait_until


@pytest.fixture
def certificate(host, ca):
    """Give the host another certificate, as its roles do; `certificate(20)` is valid for 20 days."""
    file = host.keys / "raft.crt"
    good = file.read_bytes()
    request = host.json("csr", "--name", host.name, "--address", host.address)["csr"].encode()
    yield lambda days: file.write_bytes(ca.sign(request, days=days + 10, begin=-10))
    file.write_bytes(good)


@pytest.fixture
def follower(host, tmp_path, monkeypatch):
    return Follower(host, tmp_path, monkeypatch)


def test_a_list_is_followed_once(host, follower) -> None:
    host.enter("n2", "192.0.2.2", PEERS[0])
    assert follower() is True
    (call,) = follower.called()
    lists = f"-i {host.etc}/inventory/hosts.yml -i {host.etc}/inventory/members.yml"
    assert call.startswith(f"site.yml {lists} --limit {host.name} --skip-tags verify -e @")
    assert json.loads((follower.home / "extra").read_text()) == {
        "debros_self_managed": True,
        "rqlite_third_party": False,
    }
    environment = (follower.home / "environment").read_text()
    assert f"ANSIBLE_CONFIG={follower.release}/ansible.cfg" in environment
    assert "SECRET_OF_OURS" not in environment
    hosts = yaml.safe_load((host.etc / "inventory" / FILE).read_text())["debros"]["hosts"]
    assert list(hosts) == [host.name, "n2"]
    assert (host.etc / "secrets" / "peers" / "n2").read_text().strip() == PEERS[0]
    assert follower() is False
    assert follower.called() == []
    # Somebody has changed what the machine writes: it is written again, and the roles see it.
    (host.etc / "inventory" / FILE).write_text("debros: {}\n")
    assert follower() is True
    assert len(follower.called()) == 1


def test_the_first_list_of_a_founder_alone_is_nothing_new_to_the_roles(host, follower) -> None:
    (host.etc / "inventory" / FILE).unlink()
    assert follower() is False
    assert list(yaml.safe_load((host.etc / "inventory" / FILE).read_text())["debros"]["hosts"]) == [host.name]
    host.enter("n2", "192.0.2.2")
    assert follower() is True
    # But to be alone again is.
    host.write("DELETE FROM _gw_members WHERE name = 'n2'")
    assert follower() is True
    assert len(follower.called()) == 2


def test_a_third_party_rqlite_that_was_accepted_stays_accepted(follower) -> None:
    follower.note("older than 9.4.5: for local clusters and tests only")
    follower()
    assert json.loads((follower.home / "extra").read_text())["rqlite_third_party"] is True


def test_the_roles_get_what_the_installer_gives_them(host, follower) -> None:
    variables = host.etc / "installer.json"
    variables.write_text('{"debros_self_managed": true, "debros_joins": true}')
    try:
        assert follower() is True
        assert json.loads((follower.home / "extra").read_text()) == {"debros_self_managed": True, "debros_joins": True}
    finally:
        variables.unlink()


def test_what_changes_while_the_roles_run_is_followed_too(host, follower) -> None:
    follower.roles_do(f"cd {follower.home}; [ -e go ] || {{ touch began; while [ ! -e go ]; do sleep 0.1; done; }}")
    thread = threading.Thread(target=follower)
    thread.start()
    wait_until((follower.home / "began").exists)
    host.enter("n2", "192.0.2.2")
    (follower.home / "go").touch()
    thread.join()
    assert len(follower.called()) == 2
    assert "192.0.2.2" in (host.etc / "inventory" / FILE).read_text()


def test_roles_that_fail_are_tried_again_but_not_for_ever(host, follower) -> None:
    follower.roles_do(
        'echo "TASK [a]"; echo "ok: [h]"; echo "TASK [b : Do it]"; echo "fatal: [h]: FAILED! no disk"; exit 2'
    )
    codes = []
    for _ in range(6):
        with pytest.raises(CliError) as caught:
            follower()
        codes.append(caught.value.exit_code)
    assert codes == [ExitCode.UNAVAILABLE] * 4 + [ExitCode.FAILURE] * 2
    assert "TASK [b : Do it]\n  fatal: [h]: FAILED! no disk" in caught.value.message
    assert "ok: [h]" not in caught.value.message
    # A new list begins anew, and success forgets.
    host.enter("n2", "192.0.2.2")
    with pytest.raises(CliError) as caught:
        follower()
    assert caught.value.exit_code == ExitCode.UNAVAILABLE
    follower.roles_do("exit 0")
    assert follower() is True
    assert follower() is False


def test_it_waits_for_the_installer_also_when_that_removes_the_lock(follower) -> None:
    with roles.alone(follower.lock):
        thread = threading.Thread(target=follower)
        thread.start()
        time.sleep(0.5)
        assert follower.called() == []
        follower.lock.unlink()
    thread.join()
    assert len(follower.called()) == 1
    assert follower.lock.exists()


def test_a_list_that_would_cut_a_host_off_is_not_followed(host, follower) -> None:
    follower()
    before = (host.etc / "inventory" / FILE).read_text()
    host.write(["UPDATE _gw_members SET name = 'other' WHERE name = ?", host.name])
    with pytest.raises(CliError, match=f"{host.name} is not in the cluster's list of members any more") as caught:
        follower()
    assert "members announce" in caught.value.hint
    assert "--purge" in caught.value.hint
    assert (host.etc / "inventory" / FILE).read_text() == before
    host.write(["UPDATE _gw_members SET address = 'x; rm -rf /'"])
    with pytest.raises(CliError, match="makes no sense"):
        follower()
    assert len(follower.called()) == 1


def test_a_host_that_is_no_members_is_left_alone(host, follower) -> None:
    host.write("DELETE FROM _gw_members")
    assert follower() is False
    assert follower.called() == []
    assert (host.etc / "inventory" / FILE).read_text() == "debros: {}\n"


@pytest.mark.parametrize("days", [29, -3])
def test_the_roles_run_for_a_certificate_that_is_about_to_end_or_has_ended(follower, certificate, days) -> None:
    follower()
    certificate(32)
    assert follower() is False
    certificate(days)
    assert follower() is True
    assert len(follower.called()) == 2


def test_roles_that_leave_the_certificate_as_it_is_run_once_a_day(follower, certificate) -> None:
    follower()
    certificate(20)
    assert follower() is True
    assert follower() is False
    note = follower.applied.with_name("renewal")
    note.write_text(f"{time.time() - 86401:.0f}\n")
    assert follower() is True
    note.write_text(f"{time.time() + 5000:.0f}\n")  # by a clock that was wrong
    assert follower() is True
    assert len(follower.called()) == 4


def test_roles_that_fail_to_renew_it_are_tried_again(follower, certificate) -> None:
    follower()
    certificate(20)
    follower.roles_do("exit 2")
    codes = []
    for _ in range(6):
        with pytest.raises(CliError) as caught:
            follower()
        codes.append(caught.value.exit_code)
    assert codes == [ExitCode.UNAVAILABLE] * 4 + [ExitCode.FAILURE] * 2
    follower.roles_do("exit 0")
    assert follower() is True
    assert follower() is False


def test_a_founder_who_has_never_invited_anybody_renews_its_certificate_too(host, follower, certificate) -> None:
    host.write("DELETE FROM _gw_members")
    (host.etc / "inventory" / FILE).unlink()
    certificate(20)
    assert follower() is True
    (call,) = follower.called()
    assert call.startswith(f"site.yml -i {host.etc}/inventory/hosts.yml --limit {host.name} --skip-tags verify -e @")
    assert follower() is False
