"""A firewall that is switched on never shuts out whoever works on the host."""

import pytest

pytestmark = pytest.mark.timeout(600)

DROP_IN = "/etc/systemd/system/ssh.socket.d/port.conf"


@pytest.mark.parametrize("fresh", ["noble"], indirect=True)
def test_a_port_that_systemd_holds_for_sshd_stays_open(fresh, stranger_to):
    """Ubuntu's way: ssh.socket listens, and what it is told need not stand in sshd_config."""
    assert fresh.machine.unit("ssh.socket", "ActiveState") == {"ActiveState": "active"}
    fresh.machine.root(
        f"mkdir -p {DROP_IN.rpartition('/')[0]} && cat > {DROP_IN}", stdin="[Socket]\nListenStream=2222\n"
    )
    fresh.machine.root("systemctl daemon-reload && systemctl restart ssh.socket")
    assert stranger_to(fresh, 2222)
    assert "2222" not in fresh.machine.root("mkdir -p /run/sshd && sshd -T | grep '^port '")
    fresh.carry()
    fresh.install()
    assert stranger_to(fresh, 2222)
    assert not stranger_to(fresh, 5001)
