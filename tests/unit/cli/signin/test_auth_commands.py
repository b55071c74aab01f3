"""`auth whoami|status|logout|switch`, against a fake of the gateway's side."""

import json

import pytest

from debros.cli import credentials
from testkit.fakesignin import WALLET

OTHER = "https://other.example"


def test_whoami_is_what_the_gateway_says(gateway, run, store) -> None:
    store(namespace="shop")
    done = run("auth", "whoami")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"gateway\t{gateway.url}\n")
    assert f"subject\t{WALLET}\nnamespace\tshop\n" in done.stdout
    assert json.loads(run("auth", "whoami", "--format", "json").stdout)["subject"] == WALLET


@pytest.mark.usefixtures("fake", "browser")
def test_whoami_signs_nobody_in(gateway, run, key_file) -> None:
    done = run("auth", "whoami", "--key-file", str(key_file))
    assert done.exit_code == 3
    assert "network-cli auth login" in done.stderr
    assert [seen.path for seen in gateway.requests] == ["/v1/auth/whoami"]


def test_whoami_at_a_gateway_that_lets_everybody_in(gateway, run) -> None:
    gateway.answer("/v1/auth/whoami", {"authenticated": False, "method": "none"})
    done = run("auth", "whoami")
    assert done.exit_code == 3
    assert "which lets everybody in" in done.stderr


def test_status_lists_everything_but_secrets_and_asks_nobody(gateway, run, store) -> None:
    credentials.save_api_key(None, OTHER, "ak_secret:shop", "shop")
    store(-5, namespace="old")
    store(namespace="new")
    done = run("auth", "status")
    assert done.exit_code == 0
    header, *rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert header == ["gateway", "in use", "type", "wallet", "namespace", "state"]
    assert rows[0] == [OTHER, "false", "api_key", "", "shop", "good until revoked"]
    assert rows[1] == [gateway.url, "false", "session", WALLET, "old", "to be refreshed"]
    assert rows[2][:5] == [gateway.url, "true", "session", WALLET, "new"]
    assert rows[2][5].startswith("good until 20")
    shown = run("auth", "status", "--format", "json").stdout
    assert [one["in_use"] for one in json.loads(shown)["credentials"]] == [False, False, True]
    for secret in ("secret", "at-", "rt-"):
        assert secret not in done.stdout + shown
    assert gateway.requests == []


def test_status_without_a_credential_for_the_gateway(gateway, run) -> None:
    credentials.save_api_key(None, OTHER, "k", "shop")
    done = run("auth", "status")
    assert done.exit_code == 3
    assert OTHER in done.stdout
    assert f"not signed in to {gateway.url}" in done.stderr


def test_logout_ends_the_session_there_and_here(fake, gateway, run, store, document) -> None:
    store(-100)  # also with an access token that has ended
    done = run("auth", "logout", "--format", "json")
    assert json.loads(done.stdout) == {"gateway": gateway.url, "forgotten": True, "revoked": 1}
    assert f"Signed out of {gateway.url}: wallet {WALLET}, namespace default" in done.stderr
    assert fake.families[0].ended
    assert document()["gateways"][gateway.url] == {"credentials": [], "current": 0}
    again = run("auth", "logout")
    assert (again.exit_code, again.stderr) == (0, f"Nothing is stored for {gateway.url}\n")


def test_logout_all_ends_the_sessions_of_other_machines_too(fake, run, store) -> None:
    fake.open()
    store()
    assert json.loads(run("auth", "logout", "--all", "--format", "json").stdout)["revoked"] == 2
    assert all(family.ended for family in fake.families)


@pytest.mark.usefixtures("fake")
def test_logout_while_the_gateway_is_away_forgets_nothing_unless_told(gateway, run, store, document) -> None:
    store()
    gateway.refuse("/v1/auth/logout", 503, "no_leader", "no leader")
    done = run("auth", "logout")
    assert done.exit_code == 5
    assert "--local" in done.stderr
    assert document()["gateways"][gateway.url]["credentials"]
    gateway.requests.clear()
    assert run("auth", "logout", "--local").exit_code == 0
    assert document()["gateways"][gateway.url]["credentials"] == []
    assert gateway.requests == []
    assert run("auth", "logout", "--local", "--all").exit_code == 2


def test_logout_leaves_the_others_and_one_of_them_in_use(fake, gateway, run, store, document) -> None:
    for namespace in ("one", "two", "three"):
        store(namespace=namespace)
    assert run("auth", "logout", "--namespace", "one").exit_code == 0
    entry = document()["gateways"][gateway.url]
    assert [one["namespace"] for one in entry["credentials"]] == ["two", "three"]
    assert entry["current"] == 1
    assert [family.ended for family in fake.families] == [True, False, False]


def test_logout_forgets_a_key_and_says_nothing_to_the_gateway(gateway, key, run, document) -> None:
    done = run("auth", "logout")
    assert (done.exit_code, gateway.requests) == (0, [])
    assert "an API key, namespace default" in done.stderr
    assert key not in json.dumps(document())


class TestSwitch:
    @pytest.fixture(autouse=True)
    def stored(self, gateway, store):
        """Two gateways; at this one two wallets and two namespaces."""
        credentials.save_api_key(None, OTHER, "k", "shop")
        store(namespace="one")
        store(namespace="two")
        store(wallet="0xBB", namespace="two")
        return gateway.url

    def test_to_another_gateway(self, run, document) -> None:
        done = run("auth", "switch", OTHER, env={"DEBROS_GATEWAY_URL": None})
        assert (done.exit_code, done.stderr) == (0, f"Using {OTHER}: an API key, namespace shop\n")
        assert document()["current"] == OTHER

    def test_while_something_stronger_names_the_gateway(self, run, stored) -> None:
        done = run("auth", "switch", OTHER)
        assert done.exit_code == 0
        assert f"Notice: commands still talk to {stored}" in done.stderr

    @pytest.mark.parametrize(
        ("words", "index"),
        [
            (["--namespace", "one"], 0),
            (["--wallet", WALLET, "--namespace", "two"], 1),
            (["--wallet", "0xbb"], 2),
        ],
    )
    def test_to_another_wallet_or_namespace(self, words, index, run, stored, document) -> None:
        done = run("auth", "switch", *words, "--format", "json")
        assert done.exit_code == 0, done.stderr
        entry = document()["gateways"][stored]
        assert entry["current"] == index
        assert json.loads(done.stdout)["namespace"] == entry["credentials"][index]["namespace"]

    @pytest.mark.parametrize(
        ("words", "exit_code", "said"),
        [
            ([], 2, "name the GATEWAY to use"),
            (["--namespace", "two"], 2, "several credentials"),
            (["--namespace", "none"], 4, f"there is: wallet {WALLET}, namespace one"),
            (["http://unknown:1"], 4, "there is: none"),
            (["ftp://x"], 2, "GATEWAY: 'ftp://x' is not the address"),
        ],
    )
    def test_what_is_not_one_credential(self, words, exit_code, said, run, document) -> None:
        before = document()
        done = run("auth", "switch", *words)
        assert done.exit_code == exit_code
        assert said in done.stderr
        assert document() == before
