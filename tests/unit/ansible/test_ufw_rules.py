"""The module against a stand-in for UFW (testkit.ufw); what real UFW does is seen on real hosts."""

import ipaddress
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.debros.network.plugins.module_utils import ssh_access, ufw
from ansible_collections.debros.network.plugins.modules import ufw_rules

from testkit.ufw import StandIn

HERE = (ipaddress.ip_address("198.51.100.7"), 22)
SERVICES = [
    (4001, ["any"], "node"),
    (6001, ["any"], "gateway"),
    (7001, ["192.0.2.12", "192.0.2.13"], "raft"),
    (5001, [], "rqlite"),
]


@pytest.fixture
def standin(tmp_path, monkeypatch):
    found = StandIn(tmp_path)
    monkeypatch.setenv("PATH", found.path())
    return found


@pytest.fixture
def firewall(standin):
    return ufw_rules.Firewall(standin.program, standin.etc)


def wishes(firewall, services=SERVICES, *, ports=(22,), sources=("any",), sshd=None, here=HERE):
    found, _ = ufw_rules.ssh_wishes(firewall, list(ports), list(sources), ssh_access.server_ports(sshd), here)
    for port, who, comment in services:
        found += ufw.wanted(port, "tcp", who, comment)
    return found


def converge(standin, services=SERVICES, *, check=False, **ssh):
    """Run what the module runs; return the calls of ufw."""
    firewall = ufw_rules.Firewall(standin.program, standin.etc)
    ufw_rules.present(firewall, wishes(firewall, services, **ssh), check=check)
    calls = standin.calls()
    assert check or calls == [line.removeprefix("ufw ") for line in firewall.ran]
    return calls


def listed(firewall):
    return sorted(str(rule) for rule in firewall.rules())


def test_from_nothing(standin, firewall):
    calls = converge(standin)
    assert calls == [
        "allow proto tcp from any to any port 22 comment debros: ssh",
        "allow proto tcp from any to any port 4001 comment debros: node",
        "allow proto tcp from any to any port 6001 comment debros: gateway",
        "allow proto tcp from 192.0.2.12 to any port 7001 comment debros: raft",
        "allow proto tcp from 192.0.2.13 to any port 7001 comment debros: raft",
        "--force enable",
    ]
    assert firewall.active()
    assert converge(standin) == []


def test_ssh_is_let_in_before_anything_is_denied(standin):
    standin.set("default/ufw", "DROP", "ACCEPT")
    calls = converge(standin, ports=(2222,), here=(HERE[0], 2200))
    assert [" port 2200 " in calls[0], " port 2222 " in calls[1]] == [True, True]
    assert calls[-2:] == ["default deny incoming", "--force enable"]


def test_check_mode_says_the_same_and_does_nothing(standin, firewall):
    before = {path: path.read_bytes() for path in standin.etc.rglob("*") if path.is_file()}
    ufw_rules.present(firewall, wishes(firewall), check=True)
    assert standin.calls() == []
    assert {path: path.read_bytes() for path in standin.etc.rglob("*") if path.is_file()} == before
    assert [line.removeprefix("ufw ") for line in firewall.ran] == converge(standin)


def test_a_host_that_left_is_shut_out_and_a_new_one_let_in_first(standin):
    converge(standin)
    calls = converge(standin, [*SERVICES[:2], (7001, ["192.0.2.12", "192.0.2.14"], "raft")])
    assert calls == [
        "allow proto tcp from 192.0.2.14 to any port 7001 comment debros: raft",
        "--force delete allow proto tcp from 192.0.2.13 to any port 7001",
    ]


def test_the_operators_rules_survive(standin, firewall):
    standin.operator("allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in")
    standin.operator("deny tcp 6001 0.0.0.0/0 any 203.0.113.0/24 in comment=74726f75626c65")
    standin.operator("allow any any 0.0.0.0/0 any 0.0.0.0/0 in_wg0")
    theirs = listed(firewall)
    converge(standin)
    converge(standin, [])
    assert set(theirs) <= set(listed(firewall))


def test_an_operators_rule_is_not_taken_over(standin, firewall):
    standin.operator("deny tcp 4001 0.0.0.0/0 any 0.0.0.0/0 in")
    calls = converge(standin)
    assert "allow proto tcp from ::/0 to any port 4001 comment debros: node" in calls
    assert "deny 4001/tcp from anywhere  # " in listed(firewall)
    assert converge(standin) == []
    converge(standin, [])
    assert "deny 4001/tcp from anywhere  # " in listed(firewall)


def test_without_ipv6(standin, firewall):
    standin.set("default/ufw", "IPV6=yes", "IPV6=no")
    converge(standin, [(6001, ["any", "2001:db8::/32"], "gateway"), (7001, ["2001:db8::1"], "raft")])
    assert {rule.family for rule in firewall.rules()} == {4}
    assert converge(standin, [(6001, ["any", "2001:db8::/32"], "gateway"), (7001, ["2001:db8::1"], "raft")]) == []


@pytest.mark.parametrize("step", [r"port 4001", r"port 7001", r"enable"])
def test_a_run_that_breaks_off_is_completed_by_the_next(standin, firewall, step):
    standin.fail_at(step)
    with pytest.raises(ufw_rules.FirewallError, match="problem running"):
        converge(standin)
    assert not firewall.active()
    standin.calls()
    standin.fail_at("")
    converge(standin)
    assert firewall.active()
    assert converge(standin) == []


@pytest.mark.parametrize(("chain", "port"), [("ufw-user-input", 7001), ("ufw6-user-input", 4001)])
def test_what_the_kernel_lost_is_loaded_again(standin, chain, port):
    converge(standin)
    standin.lose(chain, port)
    assert converge(standin) == ["reload"]
    assert converge(standin) == []


def test_switched_on_but_not_loaded(standin, firewall):
    converge(standin)
    standin.unload()
    calls = converge(standin, [*SERVICES, (9100, ["192.0.2.9"], "metrics")])
    assert (calls[0], calls[-1]) == ("disable", "--force enable")
    assert firewall.active()


def test_an_operator_who_arranged_ssh_is_left_alone(standin):
    standin.operator("allow tcp 22 0.0.0.0/0 any 203.0.113.0/24 in")
    standin.switch_on()
    assert not any(" port 22 " in call for call in converge(standin, here=(ipaddress.ip_address("203.0.113.5"), 22)))


def test_a_prepared_rule_that_does_not_cover_us_is_not_enough(standin):
    standin.operator("allow tcp 22 0.0.0.0/0 any 203.0.113.0/24 in")
    standin.operator("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in_wg0")
    assert converge(standin)[0] == "allow proto tcp from any to any port 22 comment debros: ssh"


def test_our_ssh_rule_stays_when_the_operator_adds_a_narrower_one(standin):
    converge(standin)
    standin.operator("allow tcp 22 0.0.0.0/0 any 203.0.113.5 in")
    assert converge(standin) == []


@pytest.mark.parametrize("sources", [["192.0.2.0/24"], [], ["2001:db8::/32"]])
def test_nobody_locks_himself_out(firewall, standin, sources):
    with pytest.raises(
        ufw_rules.FirewallError, match=r"SSH from 198\.51\.100\.7 would be shut out.*firewall_ssh_allowed_from"
    ):
        wishes(firewall, sources=sources)
    assert standin.calls() == []


def test_ssh_for_some_when_they_include_us(standin):
    calls = converge(standin, [], sources=["198.51.100.0/24", "192.0.2.1"])
    assert calls == [
        "allow proto tcp from 198.51.100.0/24 to any port 22 comment debros: ssh",
        "allow proto tcp from 192.0.2.1 to any port 22 comment debros: ssh",
        "--force enable",
    ]


def test_sshd_is_asked_for_its_ports_when_the_firewall_is_switched_on(standin, tmp_path):
    sshd = tmp_path / "sshd"
    sshd.write_text("#!/bin/sh\necho port 22\necho port 2222\necho permitrootlogin no\n")
    sshd.chmod(0o755)
    calls = converge(standin, [], sshd=str(sshd))
    assert [call for call in calls if " port 2222 " in call]
    assert converge(standin, [], sshd=str(sshd)) == []
    sshd.write_text("#!/bin/sh\necho port 22\n")
    assert converge(standin, [], sshd=str(sshd)) == ["--force delete allow proto tcp from any to any port 2222"]
    # On from now on: a port that sshd opens later is the operator's to let in.
    sshd.write_text("#!/bin/sh\necho port 22\necho port 2022\n")
    assert converge(standin, [], sshd=str(sshd)) == []


def test_another_ufw_that_never_ends_is_reported(firewall, monkeypatch):
    def busy(*_args, **_kwargs):
        raise subprocess.TimeoutExpired("ufw", 120)

    monkeypatch.setattr(subprocess, "run", busy)
    with pytest.raises(ufw_rules.FirewallError, match="another ufw"):
        firewall.run(["reload"], check=False)


def test_the_door_of_an_open_invite_is_left_alone(standin, firewall):
    standin.operator(f"allow tcp 7002 0.0.0.0/0 any 0.0.0.0/0 in comment={ufw.DOOR.encode().hex()}")
    standin.switch_on()
    converge(standin)
    assert f"allow 7002/tcp from anywhere  # {ufw.DOOR}" in listed(firewall)


def run_module(standin, arguments, **extra):
    """Run the module as Ansible does, as a program that reads its parameters and prints JSON."""
    given = {"ANSIBLE_MODULE_ARGS": {**arguments, **extra}}
    code = (
        "import sys; from pathlib import Path\n"
        "from ansible_collections.debros.network.plugins.modules import ufw_rules\n"
        f"ufw_rules.Firewall.__init__.__defaults__ = (Path({str(standin.etc)!r}),)\n"
        "from ansible.module_utils.testing import patch_module_args\n"
        f"args = {given['ANSIBLE_MODULE_ARGS']!r}\n"
        "with patch_module_args(args): ufw_rules.main()\n"
    )
    collections = Path(__file__).parents[3] / ".collections"
    environ = {**os.environ, "PYTHONPATH": str(collections), "SSH_CONNECTION": "198.51.100.7 40000 192.0.2.11 2200"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environ)
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


RULES = [{"port": 6001, "from": ["any"], "comment": "gateway"}]


def test_the_module_reports_a_diff(standin):
    code, first = run_module(standin, {"rules": RULES, "_ansible_check_mode": True, "_ansible_diff": True})
    assert (code, first["changed"]) == (0, True)
    assert first["diff"]["before"] == "ufw: off\nincoming: deny\n"
    assert first["diff"]["after"].splitlines()[:3] == [
        "ufw: on",
        "incoming: deny",
        "allow 22/tcp from anywhere  # debros: ssh",
    ]
    assert first["ssh_ports"] == [22, 2200]
    code, second = run_module(standin, {"rules": RULES})
    assert (code, second["changed"]) == (0, True)
    assert (second["diff"], second["commands"]) == (first["diff"], first["commands"])
    code, third = run_module(standin, {"rules": RULES})
    assert (code, third["changed"], third["commands"]) == (0, False, [])
    assert third["diff"]["before"] == third["diff"]["after"]


def test_the_module_refuses_bad_rules_in_words(standin):
    code, answer = run_module(standin, {"rules": [{"port": 6001, "from": ["nowhere"], "comment": "gateway"}]})
    assert (code, answer["failed"]) == (1, True)
    assert answer["msg"] == "firewall rule for 6001/tcp: from: 'nowhere' is no address or network"
    assert standin.calls() == []


def test_who_is_connected_is_found_through_sudo(tmp_path):
    processes = {
        100: (90, b"HOME=/root\0SUDO_USER=admin\0"),
        90: (80, b""),
        80: (1, b"SSH_CONNECTION=::ffff:198.51.100.7 40000 192.0.2.11 2222\0"),
    }
    for pid, (parent, environ) in processes.items():
        directory = tmp_path / str(pid)
        directory.mkdir()
        (directory / "environ").write_bytes(environ)
        (directory / "status").write_text(f"Name:\tsh\nPPid:\t{parent}\n")
    assert ssh_access.connection(100, tmp_path) == (ipaddress.ip_address("198.51.100.7"), 2222)
    assert ssh_access.connection(1, tmp_path) is None
    (tmp_path / "80/environ").write_bytes(b"SSH_CONNECTION=damaged\0")
    assert ssh_access.connection(100, tmp_path) is None


@pytest.mark.parametrize(
    ("state", "listen", "ports"),
    [
        # As systemctl of systemd 255 and 257 prints it.
        ("active", ["0.0.0.0:2222 (Stream)", "[::]:2222 (Stream)"], [2222, 2222]),
        ("active", ["[::]:22 (Stream)", "192.0.2.7:2022 (Stream)"], [22, 2022]),
        ("active", ["/run/ssh-unix-local/socket (Stream)", "vsock::22 (Stream)", "[::]:22 (Datagram)"], []),
        ("inactive", ["[::]:22 (Stream)"], []),
    ],
)
def test_ports_systemd_holds_for_sshd(tmp_path, state, listen, ports):
    systemctl = tmp_path / "systemctl"
    lines = "\n".join([f"ActiveState={state}", *(f"Listen={text}" for text in listen)])
    systemctl.write_text(f"#!/bin/sh\n[ $2 = ssh.socket ] && cat <<'END'\n{lines}\nEND\n")
    systemctl.chmod(0o755)
    assert ssh_access.socket_ports(str(systemctl)) == ports
    assert ssh_access.socket_ports(None) == ssh_access.socket_ports(str(tmp_path / "missing")) == []
