"""The firewall around the door: one rule for everybody, never the operator's."""

import pytest

from debros.hosts.membership import firewall
from debros.terminal.errors import CliError
from testkit.ufw import StandIn

OPEN = "allow 7002/tcp"


@pytest.fixture
def ufw(tmp_path, monkeypatch):
    standin = StandIn(tmp_path)
    monkeypatch.setenv("PATH", standin.path())
    standin.operator("allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=646562726f733a20737368")
    return standin


def rules(standin):
    lines = [
        line
        for name in ("user.rules", "user6.rules")
        for line in (standin.etc / "ufw" / name).read_text().splitlines()
        if line.startswith("### tuple")
    ]
    return [line.split()[3:] for line in lines]


def doors(standin):
    return sorted({rule[2] for rule in rules(standin) if rule[-1] == "comment=" + firewall.COMMENT.encode().hex()})


def test_opened_and_closed_and_nothing_else_is_touched(ufw) -> None:
    ufw.switch_on()
    before = rules(ufw)
    assert firewall.open_ports({7002}) == [7002]
    assert doors(ufw) == ["7002"]
    assert len(rules(ufw)) == len(before) + 2  # both address families
    ufw.calls()
    assert firewall.open_ports({7002}) == []
    assert [call for call in ufw.calls() if call not in {"status", "show added"}] == []
    assert firewall.close()
    assert rules(ufw) == before
    assert not firewall.close()


def test_a_port_of_an_invite_that_is_gone_is_closed_when_another_opens(ufw) -> None:
    ufw.switch_on()
    firewall.open_ports({7002})
    assert firewall.open_ports({8000, 9000}) in ([8000, 9000], [9000, 8000])
    assert doors(ufw) == ["8000", "9000"]


def test_a_rule_of_the_operator_for_the_same_port_stays_theirs(ufw) -> None:
    ufw.operator("allow tcp 7002 0.0.0.0/0 any 0.0.0.0/0 in comment=6d696e65")
    ufw.operator("allow tcp 7002 ::/0 any ::/0 in comment=6d696e65", family=6)
    ufw.switch_on()
    before = rules(ufw)
    assert firewall.open_ports({7002}) == []
    assert not firewall.close()
    assert rules(ufw) == before


def test_a_firewall_that_is_off_keeps_nobody_out_and_is_left_alone(ufw) -> None:
    before = rules(ufw)
    assert firewall.open_ports({7002}) == []
    assert rules(ufw) == before


def test_what_was_left_open_is_closed_also_while_the_firewall_is_off(ufw) -> None:
    ufw.switch_on()
    firewall.open_ports({7002})
    ufw.set("ufw/ufw.conf", "ENABLED=yes", "ENABLED=no")
    assert firewall.close()
    assert doors(ufw) == []


def test_without_ufw_there_is_nothing_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert firewall.open_ports({7002}) == []
    assert not firewall.close()


def test_what_ufw_refuses_is_said_in_its_words(ufw) -> None:
    ufw.switch_on()
    ufw.fail_at("^allow")
    with pytest.raises(CliError, match="ERROR: problem running"):
        firewall.open_ports({7002})
