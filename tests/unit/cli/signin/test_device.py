"""Signing in with a code on another device, against a fake of the gateway's side."""

import json

import pytest

from debros.cli.signin import device
from testkit.fakesignin import WALLET


@pytest.fixture
def progress(fake):
    """Let what happens to the code follow from how often it was asked about."""

    def progress(*states: str) -> None:
        ask = fake.gateway.answers["/v1/auth/device/token"]

        def answer(seen):
            (grant,) = fake.devices.values()
            grant.state = states[min(grant.asked, len(states) - 1)]
            return ask(seen)

        fake.gateway.answers["/v1/auth/device/token"] = answer

    return progress


def test_the_code_is_shown_and_asked_about_until_it_is_approved(fake, gateway, run, progress, document) -> None:
    progress("authorization_pending", "authorization_pending", "approved")
    done = run("auth", "login", "--device", "--namespace", "shop", "--format", "json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"gateway": gateway.url, "wallet": WALLET, "namespace": "shop"}
    assert "BCDF-GHJK" in done.stderr
    assert f"{gateway.url}/v1/auth/login?device=1\n" in done.stderr
    (grant,) = fake.devices.values()
    assert grant.asked == 3
    assert grant.name.startswith("network-cli on ")
    assert grant.name in done.stderr
    assert document()["gateways"][gateway.url]["credentials"][0]["access_token"] == "at-1"


def test_it_slows_down_when_it_is_told_to(fake, run, progress, monkeypatch) -> None:
    slept = []
    monkeypatch.setattr(device.time, "sleep", slept.append)
    progress("slow_down", "authorization_pending", "approved")
    assert run("auth", "login", "--device").exit_code == 0
    assert [round(seconds - fake.interval) for seconds in slept] == [0, 5, 5]


@pytest.mark.parametrize(
    ("state", "code", "said"),
    [
        ("access_denied", "access_denied", "the sign-in was rejected on the other device"),
        ("expired_token", "sign_in_timeout", "nobody signed in within 10 min"),
    ],
)
def test_how_it_ends_without_a_session(state, code, said, fake, run, progress, home) -> None:
    progress("authorization_pending", state)
    done = run("auth", "login", "--device", "--format", "json")
    error = json.loads(done.stderr.splitlines()[-1])
    assert (error["error"], error["code"], error["exit_code"]) == (said, code, 3)
    assert "auth login" in error["hint"]
    assert fake.families == []
    assert not (home / ".debros" / "credentials.json").exists()


def test_nobody_waits_longer_than_asked(fake, run) -> None:
    done = run("auth", "login", "--device", "--wait", "60ms")
    assert done.exit_code == 3
    assert "nobody signed in within" in done.stderr
    assert fake.families == []


@pytest.mark.parametrize("problem", [(503, "no_leader"), (429, "rate_limited")])
def test_a_gateway_that_cannot_answer_now_is_asked_again(problem, gateway, run, progress, monkeypatch) -> None:
    monkeypatch.setattr(device.time, "sleep", lambda _seconds: None)
    progress("authorization_pending", "approved")
    ask, failures = (
        gateway.answers["/v1/auth/device/token"],
        [gateway.reply({"error": "no", "code": problem[1]}, problem[0])],
    )
    gateway.answers["/v1/auth/device/token"] = lambda seen: failures.pop() if failures else ask(seen)
    done = run("auth", "login", "--device")
    assert done.exit_code == 0
    assert "asking again" in done.stderr


@pytest.mark.parametrize("answer", [{}, {"device_code": "x", "user_code": "y", "verification_uri": "z"}])
def test_an_answer_that_no_gateway_gives(answer, gateway, run) -> None:
    gateway.answer("/v1/auth/device", answer)
    done = run("auth", "login", "--device")
    assert done.exit_code == 1
    assert "not as a DeBros gateway" in done.stderr


@pytest.mark.parametrize("way", ["--device", "--browser"])
def test_no_input_means_nobody_is_asked(way, gateway, run) -> None:
    done = run("auth", "login", way, "--no-input")
    assert done.exit_code == 3
    assert "--key-file PATH" in done.stderr
    assert gateway.requests == []
