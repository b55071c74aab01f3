"""Sessions that are refreshed, end, and begin again, against a fake of the gateway's side."""

import fcntl
import json
import os
import subprocess
import sys

import pytest

from debros.cli import credentials
from testkit.fakesignin import WALLET


def test_a_good_token_is_presented_as_it_is(fake, run, store) -> None:
    store()
    assert run("storage", "list").stdout == "a\n"
    assert fake.families[0].refreshed == 0


@pytest.mark.parametrize("left", [-100, 10])
def test_a_token_that_ends_is_exchanged_first(left, fake, gateway, run, store, document) -> None:
    store(left)
    assert run("storage", "list").stdout == "a\n"
    assert [seen.path for seen in gateway.requests] == ["/v1/auth/refresh", "/v1/storage/list"]
    (stored,) = document()["gateways"][gateway.url]["credentials"]
    assert (stored["access_token"], stored["refresh_token"]) == ("at-2", "rt-2")
    assert run("storage", "list").stdout == "a\n"
    assert fake.families[0].refreshed == 1


def test_a_token_that_is_refused_is_exchanged_and_the_request_sent_again_once(fake, gateway, run, store) -> None:
    store()
    fake.families[0].access = "another"
    done = run("storage", "list")
    assert done.stdout == "a\n"
    assert [seen.path.rpartition("/")[2] for seen in gateway.requests] == ["list", "refresh", "list"]


def test_what_is_refused_with_fresh_tokens_too_is_an_error(gateway, run, store) -> None:
    store()
    gateway.refuse("/v1/storage/list", 401, "invalid_api_key", "invalid API key")
    done = run("storage", "list")
    assert done.exit_code == 3
    assert f"network-cli auth login --gateway {gateway.url}" in done.stderr
    assert len(gateway.requests) == 3


def test_commands_side_by_side_refresh_once(fake, gateway, store, document) -> None:
    store(-100)
    environ = os.environ | {"DEBROS_GATEWAY_URL": gateway.url}
    command = [sys.executable, "-m", "debros.cli.main", "storage", "list"]
    started = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(5)]
    assert {process.communicate(timeout=120) for process in started} == {(b"a\n", b"")}
    assert fake.families[0].refreshed == 1
    assert not fake.families[0].ended
    assert document()["gateways"][gateway.url]["credentials"][0]["refresh_token"] == fake.families[0].refresh


def test_a_session_that_is_over_says_so_and_what_to_type(fake, gateway, run, store, document) -> None:
    store(-100)
    fake.families[0].ended = True
    for _ in range(2):
        done = run("storage", "list", "--format", "json")
        error = json.loads(done.stderr)
        assert (error["code"], error["exit_code"]) == ("session_over", 3)
        assert error["error"] == f"the session of wallet {WALLET} in namespace default is over"
        assert (
            error["hint"] == f"sign in again with: network-cli auth login --gateway {gateway.url} --namespace default"
        )
    # The gateway is asked once; what it said is remembered.
    assert [seen.path for seen in gateway.requests] == ["/v1/auth/refresh"]
    (stored,) = document()["gateways"][gateway.url]["credentials"]
    assert (stored["access_token"], stored["refresh_token"]) == ("", "")


def test_a_session_that_is_over_begins_again_with_a_key_file(fake, run, store, key_file, wallet, document) -> None:
    store(-100, wallet=wallet.address, namespace="shop")
    fake.families[0].ended = True
    done = run("storage", "list", "--key-file", str(key_file))
    assert done.stdout == "a\n"
    assert "is over; signing in again" in done.stderr
    ((_, entry),) = document()["gateways"].items()
    assert [(one["namespace"], one["access_token"]) for one in entry["credentials"]] == [("shop", "at-2")]


def test_a_command_signs_in_by_itself_with_a_key_file(fake, gateway, run, key_file, wallet, document) -> None:
    done = run("storage", "list", "--key-file", str(key_file), "--no-input")
    assert done.stdout == "a\n"
    assert f"Signed in to {gateway.url} as {wallet.address}" in done.stderr
    assert [seen.path.rpartition("/")[2] for seen in gateway.requests] == ["list", "challenge", "verify", "list"]
    assert run("storage", "list").stdout == "a\n"
    assert len(fake.families) == 1
    assert document()["current"] == gateway.url


@pytest.mark.usefixtures("fake", "browser")
@pytest.mark.parametrize("words", [["--no-input"], []])
def test_without_a_person_the_next_command_is_named(words, gateway, run) -> None:
    """Here stderr is no terminal, so with and without --no-input nobody is asked."""
    done = run("storage", "list", *words)
    assert done.exit_code == 3
    assert f"network-cli auth login --gateway {gateway.url}" in done.stderr
    assert [seen.path for seen in gateway.requests] == ["/v1/storage/list"]


def test_a_key_that_was_named_is_not_replaced(fake, run, key_file, tmp_path) -> None:
    key = tmp_path / "key"
    key.touch(0o600)
    key.write_text("ak_wrong:default")
    assert run("storage", "list", "--api-key-file", str(key), "--key-file", str(key_file)).exit_code == 3
    assert fake.families == []


def test_a_namespace_chooses_among_what_is_stored(fake, gateway, run, store) -> None:
    store(namespace="one")
    store(namespace="two")
    for namespace, token in (("one", "at-1"), ("two", "at-2")):
        assert run("storage", "list", "--namespace", namespace).exit_code == 0
        assert gateway.last.headers["authorization"] == f"Bearer {token}"
    assert run("storage", "list", "--namespace", "three").exit_code == 3
    assert "authorization" not in gateway.last.headers
    assert len(fake.families) == 2


@pytest.mark.usefixtures("fake")
def test_a_gateway_that_cannot_refresh_now_ends_nothing(gateway, run, store, document) -> None:
    store(-100)
    gateway.refuse("/v1/auth/refresh", 503, "no_leader", "no leader")
    assert run("storage", "list").exit_code == 5
    assert document()["gateways"][gateway.url]["credentials"][0]["refresh_token"] == "rt-1"


@pytest.mark.usefixtures("fake")
def test_a_file_that_another_process_holds(gateway, run, store, home) -> None:
    store(-100)
    with (home / ".debros" / "credentials.json.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("storage", "list", "--timeout", "100ms", "--format", "json")
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("credentials_locked", 5)
    assert "another process has held its lock for 0.1s" in error["error"]
    assert "fuser" in error["hint"]
    assert gateway.requests == []


@pytest.mark.usefixtures("fake")
def test_a_file_that_cannot_be_read(run, store, home) -> None:
    store()
    (home / ".debros" / "credentials.json").write_text("{")
    done = run("storage", "list")
    assert done.exit_code == 3
    assert "not JSON" in done.stderr


@pytest.mark.parametrize("command", [["auth", "login"], ["storage", "list"]])
@pytest.mark.parametrize(
    ("url", "code"),
    [("http://127.0.0.1:1", "gateway_unreachable"), ("http://nowhere.invalid", "gateway_unknown_host")],
)
def test_a_gateway_that_is_down_or_unknown(command, url, code, run, key_file) -> None:
    done = run(*command, "--gateway", url, "--key-file", str(key_file), "--format", "json", "--timeout", "5s")
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == (code, 5)


def test_public_commands_present_nothing_and_refresh_nothing(gateway, run, store) -> None:
    store(-100)
    gateway.answer("/v1/health", {"status": "ok", "client": {"checks": {}}})
    gateway.answer("/v1/version", {"version": "1"})
    assert run("health").exit_code == 0
    assert run("version").exit_code == 0
    assert ["authorization" in seen.headers for seen in gateway.requests] == [False, False]


def test_a_session_saved_over_itself_keeps_what_this_version_does_not_know(store, home, document) -> None:
    session = store()
    path, changed = home / ".debros" / "credentials.json", document()
    ((url, entry),) = changed["gateways"].items()
    entry["credentials"][0]["novel"] = [1]
    path.write_text(json.dumps(changed))
    credentials.save_session(None, url, session)
    assert document()["gateways"][url]["credentials"][0]["novel"] == [1]
