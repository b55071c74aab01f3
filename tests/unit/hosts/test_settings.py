"""Configuration files name secrets by variables that only units have; what an operator runs reads them all the same."""

import pytest
import yaml

from debros.config import ConfigError
from debros.hosts.settings import Settings
from debros.terminal.errors import CliError
from testkit.tls import Authority


@pytest.fixture
def file(tmp_path, monkeypatch):
    keys = tmp_path / "keys"
    keys.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(keys))
    key, certificate = Authority(tmp_path / "authority").issue("gateway")
    (keys / "gateway-tls.key").symlink_to(key)
    (keys / "gateway-tls.crt").symlink_to(certificate)
    (keys / "api-keys").touch(0o600)
    path = tmp_path / "gateway.yaml"
    document = {
        "data_dir": str(tmp_path),
        "api_keys_file": "$CREDENTIALS_DIRECTORY/api-keys",
        "security": {
            "enable_tls": True,
            "private_key_file": "$DEBROS_TLS_DIRECTORY/gateway-tls.key",
            "certificate_file": "$DEBROS_TLS_DIRECTORY/gateway-tls.crt",
        },
    }
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_gateway_with_tls_as_the_playbook_writes_it(file) -> None:
    Settings(file.with_name("node.yaml")).check_gateway(file)


def test_who_sets_the_variable_means_another_place(file, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("DEBROS_TLS_DIRECTORY", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="gateway-tls"):
        Settings(file.with_name("node.yaml")).check_gateway(file)


def test_a_host_with_a_gateway_alone_says_so_and_where_to_ask(file) -> None:
    settings = Settings(file.with_name("node.yaml"))
    assert settings.gateway_only
    with pytest.raises(CliError, match="a gateway alone, no database and no node") as refused:
        settings.database()
    assert "on a host with a database" in str(refused.value.hint)


def test_where_nothing_is_set_up_there_is_no_gateway_alone(tmp_path) -> None:
    settings = Settings(tmp_path / "node.yaml")
    assert not settings.gateway_only
    with pytest.raises(ConfigError):
        settings.database()
