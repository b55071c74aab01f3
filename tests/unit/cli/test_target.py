import os
import threading

import pytest

from debros.cli import credentials, target
from debros.cli.settings import Settings
from debros.terminal.errors import CliError, ExitCode

PEER = "12D3KooWA1bQTf2vt5Dhej4zvZGnnpz8pFKBr1o2DTgqTpdEnQyZ"


def failure(settings: Settings) -> CliError:
    with pytest.raises(CliError) as raised:
        target.resolve(settings)
    return raised.value


def test_the_gateway_is_the_first_that_is_named() -> None:
    assert target.resolve(Settings()).url == "http://localhost:6001"
    credentials.save_api_key(None, "http://stored:1", "k", "default")
    assert target.resolve(Settings()).url == "http://stored:1"
    assert target.resolve(Settings(gateway="http://option:3")).url == "http://option:3"


def test_the_key_is_that_of_the_gateway() -> None:
    credentials.save_api_key(None, "http://one:1", "k1", "default")
    credentials.save_api_key(None, "http://two:1", "k2", "default")
    assert target.resolve(Settings()).credential.api_key == "k1"
    assert target.resolve(Settings(gateway="two:1")).credential.api_key == "k2"
    assert target.resolve(Settings(gateway="three:1")).credential is None
    assert "k1" not in repr(target.resolve(Settings()))


@pytest.mark.parametrize(
    ("given", "url", "loopback"),
    [
        ("localhost:6001", "http://localhost:6001", True),
        ("https://Gateway.Example/", "https://gateway.example", False),
        ("https://gateway.example/debros/", "https://gateway.example/debros", False),
        ("http://[::1]:6001", "http://[::1]:6001", True),
        ("127.0.0.2", "http://127.0.0.2", True),
    ],
)
def test_an_address_has_one_form(given, url, loopback) -> None:
    found = target.resolve(Settings(gateway=given))
    assert (found.url, found.loopback) == (url, loopback)


@pytest.mark.parametrize(
    "given",
    ["", "ftp://host", "http://", "http://host:x", "http://host:70000", "http://h/?a=1", "http://a b", "http://é"],
)
def test_what_is_no_address_is_a_usage_error(given) -> None:
    error = failure(Settings(gateway=given))
    assert error.exit_code == ExitCode.USAGE
    assert "--gateway" in error.message


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    error = failure(Settings(gateway="http://me:hunter2@host"))
    assert error.exit_code == ExitCode.USAGE
    assert "hunter2" not in error.message
    assert "--api-key-file" in error.message


@pytest.mark.parametrize(
    ("multiaddr", "url"),
    [
        (f"/ip4/10.0.0.7/tcp/4001/p2p/{PEER}", "http://10.0.0.7:6001"),
        ("/ip4/10.0.0.7/tcp/4002", "http://10.0.0.7:6002"),
        (f"/ip6/2001:db8::7/tcp/4001/p2p/{PEER}", "http://[2001:db8::7]:6001"),
        (f"/dns4/node.example/tcp/4001/p2p/{PEER}", "http://node.example:6001"),
    ],
)
def test_a_bootstrap_peer_names_the_gateway_beside_it(multiaddr, url) -> None:
    assert target.resolve(Settings(bootstrap=multiaddr)).url == url


@pytest.mark.parametrize("multiaddr", ["10.0.0.7:4001", "/ip4/10.0.0.7", "/ip4/10.0.0.7/tcp/64000", "/ip4/x/tcp/1"])
def test_a_bad_bootstrap_peer_is_a_usage_error(multiaddr) -> None:
    assert failure(Settings(bootstrap=multiaddr)).exit_code == ExitCode.USAGE


def test_two_names_for_the_gateway_contradict_each_other() -> None:
    error = failure(Settings(gateway="a:1", production=True))
    assert error.exit_code == ExitCode.USAGE
    assert "--gateway and --production" in error.message


@pytest.mark.parametrize(
    ("listen", "url"),
    [(":6001", "http://localhost:6001"), ("10.1.1.1:80", "http://10.1.1.1:80"), ("[::]:6", "http://localhost:6")],
)
def test_production_is_the_gateway_installed_here(listen, url, tmp_path, monkeypatch) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(f'listen_addr: "{listen}"\ndata_dir: {tmp_path}/data\n')
    monkeypatch.setattr(target, "PRODUCTION_CONFIG", config)
    assert target.resolve(Settings(production=True)).url == url


def test_production_without_an_installation_says_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(target, "PRODUCTION_CONFIG", tmp_path / "none/gateway.yaml")
    error = failure(Settings(production=True))
    assert error.exit_code == ExitCode.FAILURE
    assert "there is no" in error.message
    assert "--gateway URL" in (error.hint or "")


def test_secrets_of_an_installation_need_not_be_readable(tmp_path, monkeypatch) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("api_keys_file: $CREDENTIALS_DIRECTORY/api-keys\nsecurity: {enable_tls: true}\n")
    monkeypatch.setattr(target, "PRODUCTION_CONFIG", config)
    assert target.resolve(Settings(production=True)).url == "https://localhost:6001"


def test_an_installation_that_cannot_be_read_says_what_to_do(tmp_path, monkeypatch) -> None:
    (tmp_path / "gateway.yaml").mkdir()
    monkeypatch.setattr(target, "PRODUCTION_CONFIG", tmp_path / "gateway.yaml")
    error = failure(Settings(production=True))
    assert "is a directory" in error.message
    assert "--gateway URL" in (error.hint or "")


def test_a_key_file_is_used_instead_of_the_stored_key(tmp_path) -> None:
    credentials.save_api_key(None, "http://localhost:6001", "stored", "default")
    file = tmp_path / "key"
    file.write_text("ak_file:shop\n")
    file.chmod(0o600)
    assert target.resolve(Settings(api_key_file=file)).credential.api_key == "ak_file:shop"


def test_a_key_file_open_to_others_is_refused_with_the_command_that_helps(tmp_path) -> None:
    file = tmp_path / "key"
    file.write_text("ak_file:shop\n")
    file.chmod(0o640)
    error = failure(Settings(api_key_file=file))
    assert error.exit_code == ExitCode.AUTHENTICATION
    assert error.hint == f"chmod 600 {file}"
    assert "ak_file" not in error.message


@pytest.mark.parametrize("content", [b"", b"\n", b"two keys", b"k\nk", b"k\x00", "ké".encode(), b"k" * 5000])
def test_a_file_that_holds_no_key_is_refused_without_showing_it(content, tmp_path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    error = failure(Settings(api_key_file=file))
    assert error.code == "key_file_invalid"
    assert "keys" not in error.message


def test_a_key_may_come_through_a_pipe(tmp_path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o644)
    writer = threading.Thread(target=fifo.write_text, args=("ak_pipe:shop\n",))
    writer.start()
    assert target.resolve(Settings(api_key_file=fifo)).credential.api_key == "ak_pipe:shop"
    writer.join()


def test_unusable_credentials_are_an_authentication_error(home) -> None:
    (home / ".debros").mkdir()
    (home / ".debros" / "credentials.json").write_text("{")
    (home / ".debros" / "credentials.json").chmod(0o600)
    assert failure(Settings()).exit_code == ExitCode.AUTHENTICATION


def test_unusable_credentials_are_not_asked_when_nothing_is_needed_from_them(home, tmp_path) -> None:
    (home / ".debros").mkdir()
    (home / ".debros" / "credentials.json").write_text("{")
    key = tmp_path / "key"
    key.write_text("k")
    key.chmod(0o600)
    assert target.resolve(Settings(gateway="h:1", api_key_file=key)).credential.api_key == "k"
