"""Values that no type forbids and no host could serve with."""

import pytest
import yaml
from ansible_collections.debros.network.plugins.module_utils import settings, variables

from debros.config.durations import Duration

CERTIFICATE, KEY = "/etc/ssl/x/fullchain.pem", "/etc/ssl/x/privkey.pem"


def test_defaults_are_good(root) -> None:
    plain = {
        name: option["default"]
        for spec in variables.specs(root / "roles").values()
        for name, option in spec.items()
        if "default" in option and "{{" not in str(option["default"])
    }
    assert settings.problems(plain) == settings.problems({}) == []


@pytest.mark.parametrize(
    "values",
    [
        {"gateway_port": "443", "node_port": 65535, "rqlite_max_database_size": 0},
        {"backup_interval": "0", "node_discovery_interval": "1m30s"},
        {"backup_interval": 0},
        {"gateway_public": False, "gateway_allowed_from": ["203.0.113.80", "2001:db8::/64"]},
        {"gateway_public": "no", "gateway_allowed_from": ["any"]},
        {"node_allowed_from": [], "firewall_ssh_allowed_from": ["any"], "gateway_trusted_proxies": ["10.0.0.0/8"]},
        {"gateway_tls_certificate_file": CERTIFICATE, "gateway_tls_private_key_file": KEY},
        {"gateway_port": 4001, "node_port": 6001},
        {"firewall_extra_rules": [{"port": 80, "proto": "tcp", "from": ["any"], "comment": "web"}]},
    ],
)
def test_good_values(values) -> None:
    assert settings.problems(values) == []


@pytest.mark.parametrize(
    ("values", "start", "remedy"),
    [
        ({"debros_replication_factor": 0}, "debros_replication_factor: must be >= 1; got 0", "_factor: 3"),
        ({"backup_keep": "0"}, "backup_keep: must be >= 1; got 0", "write:  backup_keep: 7"),
        ({"rqlite_max_database_size": -1}, "rqlite_max_database_size: must be >= 0", "_size: 1073741824"),
        ({"gateway_port": 70000}, "gateway_port: must be between 1 and 65535; got 70000", "gateway_port: 6001"),
        ({"node_port": -1}, "node_port: must be between 1 and 65535; got -1", "write:  node_port: 4001"),
        ({"firewall_ssh_ports": [22, 0]}, "firewall_ssh_ports: must be between", "firewall_ssh_ports: [22]"),
        ({"gateway_port": 4001}, "gateway_port: 4001 is that of node_port already", "write:  gateway_port: 6001"),
        ({"node_port": "5001"}, "rqlite_http_port: 5001 is that of node_port", "write:  rqlite_http_port: 5002"),
        ({"gateway_metrics_port": 7001}, "gateway_metrics_port: 7001 is that of rqlite_raft_port", "_port: 8001"),
        ({"backup_interval": "bananas"}, "backup_interval: 'bananas': expected a number with a unit", ": 24h"),
        ({"backup_interval": "24"}, "backup_interval: '24': expected a number with a unit", "write:  backup_in"),
        ({"node_discovery_interval": "0"}, "node_discovery_interval: '0': must be longer than 0", "_interval: 15s"),
        ({"node_allowed_from": ["nonsense"]}, "node_allowed_from: 'nonsense' is no address or network", "10.0.0.0/24"),
        ({"firewall_ssh_allowed_from": ["10.0.0.1/24"]}, "firewall_ssh_allowed_from: ", "mean 10.0.0.0/24?"),
        ({"gateway_metrics_allowed_from": ["all"]}, "gateway_metrics_allowed_from: 'all'", "write addresses"),
        ({"gateway_trusted_proxies": ["any"]}, "gateway_trusted_proxies: 'any'", "write addresses"),
        ({"gateway_allowed_from": ["192.0.2.1"]}, "gateway_allowed_from: shuts nobody out", "gateway_public: false"),
        (
            {"gateway_allowed_from": ["192.0.2.1"], "gateway_public": "yes"},
            "gateway_allowed_from: shuts nobody out",
            "add:  gateway_public: false",
        ),
        (
            {"firewall_extra_rules": [{"port": 0, "proto": "tcp", "from": ["any"], "comment": "web"}]},
            "firewall_extra_rules: firewall rule for 0/tcp",
            "between 1 and 65535",
        ),
    ],
)
def test_what_would_stop_in_the_middle_of_a_run(values, start, remedy) -> None:
    (problem,) = settings.problems(values)
    assert problem.startswith(start)
    assert remedy in problem


@pytest.mark.parametrize(
    ("certificate", "key", "start", "remedy"),
    [
        (CERTIFICATE, "", "gateway_tls_private_key_file: is missing", "add:  gateway_tls_private_key_file: /"),
        ("", KEY, "gateway_tls_certificate_file: is missing", "add:  gateway_tls_certificate_file: /"),
        ("tls/x.crt", KEY, "gateway_tls_certificate_file: 'tls/x.crt' is not an absolute path", "with a /"),
        (
            CERTIFICATE,
            "/opt/debros/keys/gateway-tls.key",
            "gateway_tls_private_key_file: /opt/debros/keys/gateway-tls.key is below /opt/debros",
            "write:  gateway_tls_private_key_file: /etc/ssl/debros/gateway-tls.key",
        ),
        ("/etc/../opt/debros/x.crt", KEY, "gateway_tls_certificate_file: /etc/../opt/debros/x.crt is below", "move it"),
    ],
)
def test_certificate_and_key(certificate, key, start, remedy) -> None:
    (problem,) = settings.tls_problems(certificate, key, "/opt/debros")
    assert problem.startswith(start)
    assert remedy in problem
    both = {"gateway_tls_certificate_file": certificate, "gateway_tls_private_key_file": key}
    assert settings.problems(both) == [problem]


def test_a_neighbour_of_our_directory_is_not_in_it() -> None:
    assert settings.tls_problems("/opt/debros-tls/x.crt", "/opt/x.key", "/opt/debros") == []


@pytest.mark.parametrize(
    "text",
    [
        *("15s", "1h30m", "250ms", "0", "00", "0s", "1.5h", " 24h ", "0.5ms", "0.0001s", "2562047h", "2562048h"),
        *("", "24", "h", "-1s", "1 h", "1d", "1H", "0.0", "1h30", "1e3s", "٣s", "1:30"),
    ],
)
def test_lengths_of_time_are_judged_as_the_programs_do(text) -> None:
    try:
        Duration.parse(text)
    except ValueError:
        assert settings.duration_problem(text, zero=True)
    else:
        assert settings.duration_problem(text, zero=True) == ""


def test_every_number_and_port_that_a_role_has_is_judged(root) -> None:
    left = {"debros_position"}  # 0 and below: the inventory's order
    for role, spec in variables.specs(root / "roles").items():
        for name, option in spec.items():
            if option["type"] == "int" and name not in left:
                assert settings.problems({name: -1}), f"{name} of the role {role}"


def test_the_remedies_are_the_defaults(root) -> None:
    for role in (root / "roles").iterdir():
        for name, default in yaml.safe_load((role / "defaults" / "main.yml").read_text()).items():
            if isinstance(default, int) and not isinstance(default, bool) and name != "debros_position":
                assert f"{name}: {default}" in settings.problems({name: -1})[0]
