"""Owners and modes of everything under /opt/debros."""

import pytest

DIRECTORIES = {
    "/opt/debros": "755 debros:debros",
    "/opt/debros/bin": "755 debros:debros",
    "/opt/debros/configs": "750 debros:debros",
    "/opt/debros/keys": "700 debros:debros",
    "/opt/debros/data": "750 debros:debros",
    "/opt/debros/data/db": "700 debros:debros",
    "/opt/debros/data/node": "700 debros:debros",
    "/opt/debros/data/gateway": "700 debros:debros",
    "/opt/debros/data/backups": "700 debros:debros",
    "/opt/debros/logs": "750 debros:debros",
    "/opt/debros/src": "755 debros:debros",
    "/run/debros": "750 debros:debros",
    "/run/debros-gateway": "750 debros:debros",
}
PROGRAMS = ("debros-node", "debros-gateway", "debros-rqlited", "debros-host", "network-cli")
SECRETS = {
    "identity.key",
    "rqlite-auth.json",
    "rqlite-gateway",
    "rqlite-node",
    "rqlite-admin",
    "raft.crt",
    "raft.key",
    "raft-ca.crt",
    "api-keys",
    "server-key",
}


def listed(machine, command):
    """Return `{path: "mode owner:group"}` of what a find command matches."""
    lines = machine.root(f"{command} -printf '%p %m %u:%g\\n'").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def test_directories(machine):
    assert listed(machine, f"find {' '.join(DIRECTORIES)} -maxdepth 0") == DIRECTORIES


def test_the_user_cannot_log_in(machine):
    assert machine.run("getent passwd debros").strip().split(":")[5:] == ["/opt/debros", "/usr/sbin/nologin"]
    assert machine.root("getent shadow debros").split(":")[1].startswith(("!", "*"))


def test_secrets_are_their_owners(machine):
    found = listed(machine, "find /opt/debros/keys -mindepth 1")
    assert {path.rpartition("/")[2] for path in found} >= SECRETS
    assert set(found.values()) == {"600 debros:debros"}


def test_configurations_are_readable_and_not_writable_for_the_services(machine):
    found = listed(machine, "find /opt/debros/configs -type f")
    assert {"/opt/debros/configs/node.yaml", "/opt/debros/configs/gateway.yaml"} <= set(found)
    assert set(found.values()) == {"640 root:debros"}


def test_programs_belong_to_root(machine):
    found = listed(machine, "find /opt/debros/bin /opt/debros/src -mindepth 1")
    assert {path: owner for path, owner in found.items() if not owner.endswith(" root:root")} == {}
    writable = machine.root("find /opt/debros/bin /opt/debros/src -mindepth 1 ! -type l -perm /022")
    assert writable == ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_are_those_of_the_current_release(machine, program):
    current = machine.run("readlink -f /opt/debros/src/current").strip()
    assert current.startswith("/opt/debros/src/")
    assert machine.run(f"readlink -f /opt/debros/bin/{program}").strip().startswith(f"{current}/venv/bin/")


@pytest.mark.parametrize("program", ["network-cli", "debros-host"])
def test_tools_are_on_the_path(machine, program):
    assert machine.run(f"command -v {program}").strip() == f"/usr/local/bin/{program}"


def test_anybody_finds_the_manual_page_and_completion(machine):
    """As man(1) and bash look for them; neither man-db nor bash-completion need be there."""
    page = "/usr/local/share/man/man1/network-cli.1"
    found = machine.run(f"if command -v man > /dev/null; then man -w network-cli; else echo {page}; fi").strip()
    assert machine.run(f"readlink -f {found}") == machine.run(f"readlink -f {page}")
    assert ".SH NAME" in machine.run(f"cat {page}")
    script = "/usr/local/share/bash-completion/completions/network-cli"
    loaded = machine.run(f"bash -c '. {script} && complete -p network-cli'")
    assert "-F _network_cli_completion network-cli" in loaded
    for name in ("zsh/site-functions/_network-cli", "fish/vendor_completions.d/network-cli.fish"):
        assert "network-cli" in machine.run(f"cat /usr/local/share/{name}")


def test_the_data_is_closed_to_others(machine):
    assert machine.root("find /opt/debros/data -mindepth 2 -perm /077 ! -type l -path '*/db/*' -perm /007") == ""
