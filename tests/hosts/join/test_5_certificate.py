"""Two hosts that lost each other because a certificate has ended come together again, as docs/install.md says."""

import pytest

from hostkit.bed import bed
from hostkit.installer import PLACE, TRIAL, bare_host
from hostkit.joined import ROUND
from hostkit.patience import eventually

pytestmark = pytest.mark.timeout(3600)

# A host that was off cannot renew in time; this one is kept from it.
OFF = "/run/systemd/system/debros-members.service.d"
# Run with the release's Ansible: signs as the roles do, for no time at all.
ENDED = """
import json, subprocess, sys
sys.path.insert(0, "/opt/debros/src/current/plugins/module_utils")
import pki
name, address = sys.argv[1:]
asked = ["/opt/debros/bin/debros-host", "csr", "--name", name, "--address", address, "--json"]
request = json.loads(subprocess.check_output(asked))["csr"]
key, authority = (open(f"/etc/debros/secrets/ca.{end}").read() for end in ("key", "crt"))
made = pki.sign(request, key, authority, dns=[name, "debros-raft"], address=address, days=0)
open("/opt/debros/keys/raft.crt", "w").write(made)
"""


@pytest.fixture
def pair(bundle):
    """A cluster of two, neither of which can go on alone."""
    made = [bare_host(name, bundle) for name in ("c1", "c2")]
    for host in made:
        host.carry()
    made[0].install()
    made[1].install(*made[1].offline, "--join", made[0].invite())
    for host in made:
        eventually(lambda host=host: host.follows("c1", "c2"), "the two do not know each other", ROUND, 2)
    yield made
    bed("down", "c1", "c2")


def leads(host):
    return host.machine.attempt("sudo debros-host leader").returncode == 0


def test_a_certificate_that_has_ended_is_renewed(pair):
    good, late = pair
    good.gateway.execute("CREATE TABLE notes (note TEXT)")
    good.gateway.execute("INSERT INTO notes VALUES ('kept')")
    late.machine.root(f"mkdir -p {OFF} && cat > {OFF}/off.conf", stdin="[Unit]\nConditionPathExists=/nonexistent\n")
    python = "/opt/debros/src/current/ansible-venv/bin/python"
    late.machine.root(f"systemctl daemon-reload && {python} - c2 {late.machine.address}", stdin=ENDED)
    late.machine.root("systemctl restart --no-block debros-rqlite")
    # The others do not reach it any more. It reaches them, and may lead as far as it can tell.
    eventually(lambda: not leads(good), "a host with a certificate that has ended is reached", ROUND, 2)
    said = late.machine.attempt("sudo debros-host check").stdout
    assert "it has expired on" in said
    assert "run the installer here again" in said
    late.machine.root("systemctl stop debros-rqlite")
    late.machine.root(f"bash {PLACE}/{late.script.name} --offline {late.carried} {TRIAL}", timeout=1800)
    eventually(lambda: leads(good) and leads(late), "nobody leads", ROUND, 2)
    assert good.gateway.rows("SELECT note FROM notes", level="strong") == [["kept"]]
    late.machine.root(f"rm -r {OFF} && systemctl daemon-reload && systemctl start debros-members.service")
    assert "valid for 36" in late.machine.attempt("sudo debros-host check").stdout
