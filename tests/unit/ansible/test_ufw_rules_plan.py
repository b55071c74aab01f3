"""Reading UFW's files, and working out what has to change."""

import ipaddress

import pytest
from ansible_collections.debros.network.plugins.module_utils import ufw
from hypothesis import given
from hypothesis import strategies as st

RULES = """*filter
:ufw-user-input - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT

### tuple ### limit tcp 2222 0.0.0.0/0 any 0.0.0.0/0 in
### tuple ### allow tcp 7001 0.0.0.0/0 any 192.0.2.11 in comment=646562726f733a2072616674
### tuple ### allow any any 0.0.0.0/0 any 10.0.0.0/8 in_eth1
### tuple ### allow tcp 80,443,6000:6010 0.0.0.0/0 any 0.0.0.0/0 in comment=77656220736572766572
### tuple ### deny_log udp 53 0.0.0.0/0 any 0.0.0.0/0 out
### tuple ### route:allow tcp 25 0.0.0.0/0 any 0.0.0.0/0 in_eth0!out_eth1
### tuple ### allow tcp 9 192.0.2.1 1024 0.0.0.0/0 in
### tuple ### broken
"""


def rule(source="0.0.0.0/0", *, family=4, action="allow", port="7001", comment="debros: raft", extra=""):
    return ufw.Rule(family, action, "tcp", port, source, comment, extra)


def test_files_are_read():
    found = ufw.parse(RULES, 4)
    assert [(one.action, one.protocol, one.port, one.source, one.comment, one.extra) for one in found] == [
        ("allow", "tcp", "22", "0.0.0.0/0", "", ""),
        ("limit", "tcp", "2222", "0.0.0.0/0", "", ""),
        ("allow", "tcp", "7001", "192.0.2.11", "debros: raft", ""),
        ("allow", "any", "any", "10.0.0.0/8", "", "in_eth1"),
        ("allow", "tcp", "80,443,6000:6010", "0.0.0.0/0", "web server", ""),
        ("deny_log", "udp", "53", "0.0.0.0/0", "", "out"),
        ("route:allow", "tcp", "25", "0.0.0.0/0", "", "route in_eth0!out_eth1"),
        ("allow", "tcp", "9", "0.0.0.0/0", "", "to=192.0.2.1 sport=1024"),
    ]
    assert [one.ours for one in found] == [False, False, True, False, False, False, False, False]


def test_old_files_without_direction_and_damaged_comments_are_read():
    (one, two) = ufw.parse(
        "### tuple ### allow tcp 22 ::/0 any ::/0\n### tuple ### allow tcp 23 ::/0 any ::/0 in comment=zz\n", 6
    )
    assert (one.extra, two.comment) == ("", "")


@pytest.mark.parametrize(
    ("port", "ports"), [(22, [0]), (2222, [1, 3]), (443, [3, 4]), (6005, [3, 4]), (53, [3]), (25, [3]), (9, [3, 7])]
)
def test_which_rules_let_a_port_in(port, ports):
    found = ufw.parse(RULES, 4)
    expected = {0, 3} if port == 22 else set(ports)
    assert {index for index, one in enumerate(found) if one.lets_in(port)} == expected


def test_whom_a_rule_is_for():
    assert rule("192.0.2.0/24").is_for(ipaddress.ip_address("192.0.2.7"))
    assert not rule("192.0.2.0/24").is_for(ipaddress.ip_address("198.51.100.1"))
    assert not rule("192.0.2.0/24").is_for(None)
    assert rule().is_for(None)
    assert not rule(extra="in_eth0").is_for(None)
    assert not rule().is_for(ipaddress.ip_address("2001:db8::1"))


def test_a_wish_for_everybody_is_a_rule_in_each_address_family():
    (wish,) = ufw.wanted(4001, "tcp", ["any", "192.0.2.1"], "node")
    assert [(one.family, one.source) for one in wish.rules(ipv6=True)] == [(4, "0.0.0.0/0"), (6, "::/0")]
    assert [one.family for one in wish.rules(ipv6=False)] == [4]


def test_wishes_are_written_as_ufw_stores_them():
    sources = ["192.0.2.11", "192.0.2.11/32", "198.51.100.0/24", "2001:DB8:0::1", "2001:db8::/48"]
    found = [wish.source for wish in ufw.wanted(7001, "tcp", sources, "raft")]
    assert found == ["192.0.2.11", "198.51.100.0/24", "2001:db8::1", "2001:db8::/48"]


def test_nobody_means_nobody():
    assert ufw.wanted(5001, "tcp", [], "rqlite") == []


@pytest.mark.parametrize(
    ("port", "sources", "comment", "says"),
    [
        (0, ["any"], "x", "between 1 and 65535"),
        (65536, ["any"], "x", "between 1 and 65535"),
        (22, ["10.0.0.1/8"], "x", "did you mean 10.0.0.0/8?"),
        (22, ["n1.example.org"], "x", "'n1.example.org' is no address or network"),
        (22, ["any"], "it's", "the comment"),
        (22, ["any"], "", "the comment"),
        (22, ["any"], "a\nb", "the comment"),
    ],
)
def test_bad_wishes_are_refused(port, sources, comment, says):
    with pytest.raises(ufw.RuleError, match=f"firewall rule for {port}/tcp") as caught:
        ufw.wanted(port, "tcp", sources, comment)
    assert says in str(caught.value)


def test_new_changed_right_and_old_rules():
    found = [
        rule("192.0.2.11"),
        rule("192.0.2.12", comment="debros: old name"),
        rule("192.0.2.13"),
        rule("192.0.2.14", action="limit"),
    ]
    wishes = ufw.wanted(7001, "tcp", ["192.0.2.10", "192.0.2.11", "192.0.2.12", "192.0.2.14"], "raft")
    plan = ufw.plan(wishes, found, ipv6=True)
    assert plan.add == [rule("192.0.2.10"), rule("192.0.2.12"), rule("192.0.2.14")]
    assert plan.right == [rule("192.0.2.11")]
    assert plan.remove == [rule("192.0.2.13")]
    assert plan.kept == []


@pytest.mark.parametrize("action", ["allow", "deny", "limit"])
def test_an_operators_rule_in_the_same_place_stays(action):
    theirs = rule(action=action, comment="")
    plan = ufw.plan(ufw.wanted(7001, "tcp", ["any"], "raft"), [theirs], ipv6=True)
    assert (plan.kept, plan.add, plan.remove) == ([theirs], [rule("::/0", family=6)], [])


def test_an_operators_rule_for_one_interface_is_in_nobodys_place():
    theirs = rule(comment="", extra="in_eth1")
    assert ufw.plan(ufw.wanted(7001, "tcp", ["any"], "raft"), [theirs], ipv6=False).add == [rule()]


def test_one_command_for_both_address_families():
    rules = [rule(), rule("192.0.2.1"), rule("::/0", family=6)]
    assert [" ".join(words) for words in ufw.commands(rules, [])] == [
        "allow proto tcp from any to any port 7001 comment debros: raft",
        "allow proto tcp from 192.0.2.1 to any port 7001 comment debros: raft",
    ]
    assert ufw.commands([rule("::/0", family=6)], ["--force", "delete"]) == [
        ["--force", "delete", "allow", "proto", "tcp", "from", "::/0", "to", "any", "port", "7001"]
    ]


def test_two_families_with_different_comments_are_two_commands():
    assert len(ufw.commands([rule(), rule("::/0", family=6, comment="debros: other")], [])) == 2


def test_what_the_kernel_has():
    listing = (
        "-N ufw-user-input\n"
        "-A ufw-user-input -p tcp -m tcp --dport 4001 -j ACCEPT\n"
        "-A ufw-user-input -s 192.0.2.1/32 -p tcp -m tcp --dport 7001 -j ACCEPT\n"
    )
    assert ufw.loaded(rule("192.0.2.1"), listing)
    assert ufw.loaded(rule(port="4001"), listing)
    assert not ufw.loaded(rule("192.0.2.2"), listing)
    assert not ufw.loaded(rule(port="400"), listing)


@given(st.text(max_size=300))
def test_no_file_breaks_the_reader(text):
    ufw.parse(f"### tuple ### {text}\n{text}", 4)
