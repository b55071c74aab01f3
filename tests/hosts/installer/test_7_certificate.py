"""Nobody looks after a host that came with the installer, so it renews its certificate in time by itself."""

import json

import pytest

pytestmark = pytest.mark.timeout(1800)

HOSTS = "/etc/debros/inventory/hosts.yml"
SHORT = "    debros_certificate_days: 20\\n    debros_certificate_renew_days: 36500"


def ends(host):
    return json.loads(host.machine.root("debros-host certificate --json"))["expires"]


def test_a_certificate_about_to_end_is_renewed(fresh):
    fresh.carry()
    fresh.install()
    first = ends(fresh)
    fresh.machine.root("systemctl stop debros-members.timer")  # it shall not be faster than this test
    fresh.machine.root(f"cp {HOSTS} /var/tmp/hosts.yml && sed -i 's/^  vars:$/  vars:\\n{SHORT}/' {HOSTS}")
    fresh.install()
    short = ends(fresh)
    assert short < first
    assert "warning certificate: valid for 19 days" in fresh.machine.root("debros-host check")
    # Its inventory is as it was, and its timer rings.
    fresh.machine.root(f"mv /var/tmp/hosts.yml {HOSTS} && systemctl start debros-members.timer debros-members.service")
    assert ends(fresh) > first
    said = fresh.machine.root("journalctl -u debros-members.service -o cat --no-pager")
    assert f"the certificate ends on {short[:10]}: the roles make a new one" in said
    fresh.machine.root("debros-host check")
    assert "Nothing to do" in fresh.install()
