"""The units in systemd/, judged without a host: order, hardening, secrets, paths, and systemd's own opinion."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
FILES = sorted(path.name for path in UNITS.iterdir() if path.is_file())
# What the installer does, done again by a unit: it cannot be shut in like what only serves.
ROOTS = "debros-members.service"
SHUT_IN = [name for name in SERVICES if name != ROOTS]
DOOR = "debros-enrol.service"
DAEMONS = {"debros-rqlite.service", "debros-node.service", "debros-gateway.service"}

# What every service has, whatever else it has.
HARDENING = {
    "CapabilityBoundingSet": [""],
    "DevicePolicy": ["closed"],
    "Group": ["debros"],
    "InaccessiblePaths": ["/dev/shm -/run/debros-gateway"],
    "KeyringMode": ["private"],
    "LimitCORE": ["0"],
    "LockPersonality": ["yes"],
    "MemoryDenyWriteExecute": ["yes"],
    "NoNewPrivileges": ["yes"],
    "PrivateDevices": ["yes"],
    "PrivateIPC": ["yes"],
    "PrivateMounts": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateUsers": ["yes"],
    "ProcSubset": ["pid"],
    "ProtectClock": ["yes"],
    "ProtectControlGroups": ["yes"],
    "ProtectHome": ["yes"],
    "ProtectHostname": ["yes"],
    "ProtectKernelLogs": ["yes"],
    "ProtectKernelModules": ["yes"],
    "ProtectKernelTunables": ["yes"],
    "ProtectProc": ["invisible"],
    "ProtectSystem": ["strict"],
    "ReadOnlyPaths": ["/run"],
    "RemoveIPC": ["yes"],
    "RestrictNamespaces": ["yes"],
    "RestrictRealtime": ["yes"],
    "RestrictSUIDSGID": ["yes"],
    "Slice": ["debros.slice"],
    "SystemCallArchitectures": ["native"],
    "SystemCallErrorNumber": ["EPERM"],
    "SystemCallFilter": ["@system-service", "~@privileged @resources"],
    "TemporaryFileSystem": ["/opt/debros:noexec,ro"],
    "UMask": ["0077"],
    "User": ["debros"],
}
SECRETS = {
    DOOR: {"raft.crt", "raft.key", "rqlite-gateway"},
    "debros-backup.service": {"rqlite-admin"},
    "debros-check.service": {"raft-ca.crt", "raft.crt", "rqlite-admin"},
    "debros-gateway.service": {"api-keys", "rqlite-gateway", "server-key"},
    "debros-node.service": {"identity.key", "rqlite-node"},
    "debros-rqlite.service": {"raft-ca.crt", "raft.crt", "raft.key", "rqlite-auth.json"},
}
# What each may write below /opt/debros/data and /run; the rest of /opt/debros/data it cannot even see.
WRITES: dict[str, set[str]] = {
    "debros-backup.service": {"/opt/debros/data/backups"},
    "debros-check.service": set(),
    DOOR: set(),
    "debros-gateway.service": {"/opt/debros/data/gateway", "/opt/debros/logs"},
    "debros-node.service": {"/opt/debros/data/node", "/opt/debros/logs", "/run/debros"},
    "debros-rqlite.service": {"/opt/debros/data/db", "/opt/debros/logs"},
}


def sections(name):
    """Return `[(section, [(directive, value), …]), …]`."""
    found = []
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            found.append((line, []))
        elif line and not line.startswith("#"):
            directive, equals, value = line.partition("=")
            assert equals, line
            found[-1][1].append((directive, value))
    return found


def settings(name, section="[Service]"):
    """Return `{directive: [value, …]}` of one section."""
    result = {}
    for title, directives in sections(name):
        if title == section:
            for directive, value in directives:
                result.setdefault(directive, []).append(value)
    return result


def words(name, directive):
    return {word for value in settings(name).get(directive, []) for word in value.split()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A root directory as the roles leave it, with stand-ins for the programs."""
    root = tmp_path_factory.mktemp("root")
    target = root / "etc/systemd/system"
    target.mkdir(parents=True)
    for name in FILES:
        shutil.copy(UNITS / name, target)
    programs = root / "opt/debros/bin"
    programs.mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "usr/bin").mkdir(parents=True)
    ours = ("debros-enrol", "debros-rqlited", "debros-node", "debros-gateway", "debros-host")
    for program in (*(programs / name for name in ours), root / "bin/kill", root / "usr/bin/rm"):
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return root


def analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )


def test_the_units_that_there_are():
    assert set(FILES) == {
        *SERVICES,
        "debros-backup.timer",
        "debros-check.timer",
        "debros-gateway-closed.target",
        "debros-gateway.socket",
        "debros-members.path",
        "debros-members.timer",
        "debros.slice",
        "debros.target",
    }
    assert set(SERVICES) == {*DAEMONS, DOOR, ROOTS, "debros-backup.service", "debros-check.service"}


@pytest.mark.parametrize("name", FILES)
def test_directives_are_in_alphabetical_order(name):
    for title, directives in sections(name):
        names = [directive for directive, _ in directives]
        assert names == sorted(names), title
        several = {name for name in names if names.count(name) > 1}
        assert several <= {"CapabilityBoundingSet", "LoadCredential", "SystemCallFilter"}


@pytest.mark.parametrize("name", FILES)
def test_each_unit_says_first_what_it_is(name):
    assert (UNITS / name).read_text().startswith("# ")
    assert settings(name, "[Unit]")["Description"][0].startswith("DeBros ")


@pytest.mark.parametrize("name", SHUT_IN)
def test_hardening(name):
    found = settings(name)
    if name == DOOR:
        nobody = {"DynamicUser": ["yes"], "Group": None, "User": None}
        wanted = {**HARDENING, **nobody}
    else:
        wanted = {**HARDENING, "DynamicUser": None}
    if name == "debros-gateway.service":
        wanted["InaccessiblePaths"] = ["/dev/shm"]
    assert {directive: found.get(directive) for directive in wanted} == wanted


def test_the_door_is_nobody_and_root_only_opens_and_closes_the_firewall_for_it():
    found = settings(DOOR)
    assert found["ExecStartPre"] == ["+/opt/debros/bin/debros-host door open"]
    assert found["ExecStopPost"] == ["+/opt/debros/bin/debros-host door close"]
    assert found["ExecStart"] == ["/opt/debros/bin/debros-enrol"]
    assert found["StateDirectory"] == ["debros-enrol"]
    assert not [title for title, _ in sections(DOOR) if title == "[Install]"], "an invite starts it, nothing else"


def test_no_copy_of_the_gateways_tls_key_outlives_it():
    found = settings("debros-gateway.service")
    # In the unit itself and not in the drop-in that makes them, which is gone when TLS is switched off.
    assert found["ExecStopPost"] == ["+/usr/bin/rm -rf /run/debros-gateway/tls"]
    assert found["RuntimeDirectory"] == ["debros-gateway"]
    assert found["RuntimeDirectoryPreserve"] == ["yes"], "the other units would see a new one"


def test_the_list_of_members_is_followed_when_the_node_rings():
    assert settings("debros-members.path", "[Path]") == {"PathChanged": ["/run/debros/members.json"]}
    assert settings("debros-members.path", "[Install]") == {"WantedBy": ["debros.target"]}
    assert settings("debros-members.path", "[Unit]")["Before"] == ["debros-node.service"]
    found = settings(ROOTS)
    assert (found["Type"], found["Restart"], found["RestartSec"]) == (["oneshot"], ["on-failure"], ["1min"])
    # Exit status 5 is tried again; see debros.hosts.membership.follow.
    assert found["RestartPreventExitStatus"] == ["1 2"]
    assert not [title for title, _ in sections(ROOTS) if title == "[Install]"]


def test_the_roles_see_the_credentials_of_other_units():
    # In a mount namespace /run/credentials is hidden; each of these directives makes one (systemd.exec(5)).
    makes_one = re.compile(
        r"(Private(Devices|IPC|Mounts|Tmp)|Protect(Home|Kernel|ControlGroups|Proc|System)|.*Paths?$)"
    )
    assert [directive for directive in settings(ROOTS) if makes_one.match(directive)] == []


@pytest.mark.parametrize("name", SERVICES)
def test_limits(name):
    found = settings(name)
    assert {"MemoryMax", "TasksMax", "CPUWeight"} <= found.keys()
    if name in DAEMONS:
        assert {"LimitNOFILE", "MemoryHigh", "TimeoutStopSec"} <= found.keys()
    else:
        assert {"TimeoutStartSec", "TimeoutStopSec"} & found.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_all_are_under_one_roof(name):
    assert settings(name)["Slice"] == ["debros.slice"]


@pytest.mark.parametrize("name", sorted(DAEMONS))
def test_a_long_outage_is_no_reason_to_give_up(name):
    assert settings(name)["Restart"] == ["always"]
    assert settings(name, "[Unit]")["StartLimitIntervalSec"] == ["0"]
    seconds = int(settings(name)["RestartSec"][0].removesuffix("s"))
    assert 1 < seconds <= 10, "nothing else keeps a service that cannot start from using a whole core"


@pytest.mark.parametrize("name", sorted(DAEMONS))
def test_a_wrong_configuration_is_not_tried_again(name):
    assert settings(name)["RestartPreventExitStatus"] == ["78"]


def test_the_port_of_a_gateway_that_failed_for_good_is_closed():
    """Otherwise every caller would start it again through its socket."""
    assert settings("debros-gateway.service", "[Unit]")["OnFailure"] == ["debros-gateway-closed.target"]
    assert settings("debros-gateway-closed.target", "[Unit]")["Conflicts"] == ["debros-gateway.socket"]
    assert settings("debros-gateway.service", "[Unit]")["Requires"] == ["debros-gateway.socket"]  # which opens it again


@pytest.mark.parametrize("name", sorted(DAEMONS))
def test_each_daemon_can_be_restarted_alone(name):
    unit = settings(name, "[Unit]")
    tied = {
        word
        for directive in ("Requires", "BindsTo", "Upholds")
        for value in unit.get(directive, [])
        for word in [value]
    }
    assert tied <= {"debros-gateway.socket"}
    assert unit["PartOf"] == ["debros.target"]
    assert "debros.target" in settings(name, "[Install]")["WantedBy"]


@pytest.mark.parametrize("name", ["debros-node.service", "debros-gateway.service", DOOR])
def test_python_services_report_to_systemd(name):
    found = settings(name)
    assert (found["Type"], found["NotifyAccess"]) == (["notify"], ["main"])
    assert int(found["WatchdogSec"][0].removesuffix("s")) >= 10


@pytest.mark.parametrize("name", SHUT_IN)
def test_address_families(name):
    netlink = {"AF_NETLINK"} if name == "debros-rqlite.service" else set()
    assert words(name, "RestrictAddressFamilies") == {"AF_INET", "AF_INET6", "AF_UNIX"} | netlink


@pytest.mark.parametrize("name", ["debros-rqlite.service", "debros-backup.service", "debros-check.service"])
def test_who_needs_no_strangers_cannot_reach_them(name):
    found = settings(name)
    assert (found["IPAddressDeny"], found["IPAddressAllow"]) == (["any"], ["localhost"])


@pytest.mark.parametrize("name", SHUT_IN)
def test_each_gets_exactly_its_secrets(name):
    credentials = settings(name).get("LoadCredential", [])
    wanted = [f"{secret}:/opt/debros/keys/{secret}" for secret in SECRETS[name]]
    if name == DOOR:  # it gives away what it has
        wanted += [
            "invites:/etc/debros/invites",
            "node.yaml:/opt/debros/configs/node.yaml",
            "secrets:/etc/debros/secrets",
        ]
    assert credentials == sorted(wanted)


@pytest.mark.parametrize("name", FILES)
def test_no_unit_holds_or_hands_out_a_secret(name):
    forbidden = re.compile(r"^(Environment|PassEnvironment|SetCredential|ExecStartPre|ExecStartPost)", re.MULTILINE)
    text = (UNITS / name).read_text()
    allowed = ["ExecStartPre"] if name == DOOR else []
    assert forbidden.findall(text) == allowed
    for _, directives in sections(name):
        for directive, value in directives:
            assert directive == "LoadCredential" or "/opt/debros/keys" not in value, "keys/ is systemd's alone"


@pytest.mark.parametrize("name", SHUT_IN)
def test_each_sees_and_writes_its_own_data_only(name):
    assert words(name, "BindPaths") == WRITES[name]
    assert "ReadWritePaths" not in settings(name)
    readable = {"/opt/debros/bin", "/opt/debros/configs", "/opt/debros/src"}
    if name == "debros-check.service":
        readable |= {"/opt/debros/data"}  # it looks at sizes and ages, and writes nothing
    if name == DOOR:
        readable -= {"/opt/debros/configs"}  # it has its configuration as a credential
    assert words(name, "BindReadOnlyPaths") == readable


@pytest.mark.parametrize("name", SHUT_IN)
def test_nothing_that_can_be_written_can_be_executed(name):
    # Paths one by one: NoExecPaths=/ with ExecPaths=/usr leaves /usr writable and does not reach bind mounts.
    state = {"-/var/lib/private/debros-enrol"} if name == DOOR else set()
    assert words(name, "NoExecPaths") == {"/run", "/tmp", "/var/tmp"} | WRITES[name] | state
    assert "ExecPaths" not in settings(name)


@pytest.mark.parametrize("name", SERVICES)
def test_programs_and_configurations_lie_where_the_roles_put_them(name):
    (command,) = settings(name)["ExecStart"]
    program, *arguments = command.split()
    assert program.startswith("/opt/debros/bin/debros-")
    if "--config" in arguments:
        assert re.fullmatch(r"/opt/debros/configs/(node|gateway)\.yaml", arguments[arguments.index("--config") + 1])


def directories():
    """Return `{path: (mode, user, group)}` of tmpfiles.d."""
    lines = (UNITS / "tmpfiles.d/debros.conf").read_text().splitlines()
    return {line.split()[1]: tuple(line.split()[2:]) for line in lines if line.startswith("d ")}


def test_every_directory_a_service_is_given_is_made():
    made = directories().keys()
    for name in SERVICES:
        assert words(name, "BindPaths") | words(name, "BindReadOnlyPaths") <= made


def test_what_a_unit_shuts_away_is_there_before_it_starts():
    """A directory that is made later would be seen: the unit's mounts are those of its start."""
    hidden = {path.removeprefix("-") for name in SHUT_IN for path in words(name, "InaccessiblePaths")} - {"/dev/shm"}
    assert hidden == {"/run/debros-gateway"}
    assert hidden <= directories().keys()


def test_directories_belong_to_the_user_and_secrets_to_nobody_else():
    found = directories()
    assert {(user, group) for _, user, group in found.values()} == {("debros", "debros")}
    assert found["/opt/debros/keys"][0] == "0700"
    assert {found[f"/opt/debros/data/{name}"][0] for name in ("backups", "db", "gateway", "node")} == {"0700"}


def test_the_user_cannot_log_in():
    line = (UNITS / "sysusers.d/debros.conf").read_text().splitlines()[-1]
    assert line == 'u debros - "DeBros Network" /opt/debros /usr/sbin/nologin'


def test_the_gateways_socket_is_held_and_named():
    held = settings("debros-gateway.socket", "[Socket]")
    assert (held["ListenStream"], held["FileDescriptorName"]) == (["6001"], ["gateway"])
    assert int(held["Backlog"][0]) >= 1024
    assert settings("debros-gateway.service", "[Unit]")["Requires"] == ["debros-gateway.socket"]


@pytest.mark.parametrize("timer", ["debros-backup.timer", "debros-check.timer", "debros-members.timer"])
def test_timers_come_and_go_with_the_target(timer):
    assert settings(timer, "[Unit]")["PartOf"] == ["debros.target"]
    assert settings(timer, "[Install]")["WantedBy"] == ["debros.target"]
    (when,) = settings(timer, "[Timer]")["OnCalendar"]
    assert analyze("calendar", when).returncode == 0


@pytest.mark.parametrize("name", FILES)
def test_systemd_understands_every_line(tree, name):
    done = analyze("verify", "--man=no", "--recursive-errors=no", f"--root={tree}", name)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", SERVICES)
def test_exposure(tree, name):
    threshold = {"debros-rqlite.service": 13, ROOTS: 54}.get(name, 12)
    done = analyze("security", "--no-pager", "--offline=true", f"--threshold={threshold}", f"--root={tree}", name)
    assert done.returncode == 0, done.stdout + done.stderr
    score = float(re.search(r"exposure level for \S+: ([0-9.]+) ", done.stdout)[1])
    assert score <= threshold / 10
