"""Signing in with a key file, against a fake of the gateway's side."""

import datetime as dt
import json
import stat
import time

import pytest

from debros.cli.signin.wallet import read
from debros.terminal.errors import CliError
from testkit.wallets import Solana

KEY = bytes(range(1, 33)).hex()


def test_it_stores_a_session_that_the_next_command_uses(fake, gateway, run, key_file, wallet, document, home) -> None:
    done = run("auth", "login", "--key-file", str(key_file), "--no-input")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"Signed in to {gateway.url} as {wallet.address}, namespace default\n"
    entry = document()["gateways"][gateway.url]
    (stored,) = entry["credentials"]
    assert stored == {
        "type": "session",
        "wallet": wallet.address,
        "namespace": "default",
        "access_token": "at-1",
        "expires_at": stored["expires_at"],
        "refresh_token": "rt-1",
    }
    assert document()["current"] == gateway.url
    assert stat.S_IMODE((home / ".debros" / "credentials.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / ".debros").stat().st_mode) == 0o700
    assert run("storage", "list").stdout == "a\n"
    assert gateway.last.headers["authorization"] == "Bearer at-1"
    assert fake.families[0].refreshed == 0


@pytest.mark.usefixtures("fake")
def test_as_json_and_no_secret_anywhere(run, key_file, wallet) -> None:
    done = run("-v", "auth", "login", "--key-file", str(key_file), "--namespace", "shop", "--format", "json")
    shown = json.loads(done.stdout)
    assert (shown["wallet"], shown["namespace"]) == (wallet.address, "shop")
    for secret in (KEY, "at-1", "rt-1"):
        assert secret not in done.stdout + done.stderr


@pytest.mark.parametrize("text", [KEY, f"0x{KEY}", f"0X{KEY.upper()}\n\n"])
def test_forms_of_a_key(text, tmp_path, wallet) -> None:
    file = tmp_path / "k"
    file.touch(0o600)
    file.write_text(text)
    assert read(file).address == wallet.address
    assert read(file).sign("hello") == wallet.sign("hello")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("hello", "does not hold a wallet's private key"),
        (KEY[:-1], "does not hold a wallet's private key"),
        ("0" * 64, "not a key of the curve"),
        ("f" * 64, "not a key of the curve"),
        (json.dumps(list(range(64))), "Solana"),
        ("5" * 88, "Solana"),
        (json.dumps({"version": 3, "crypto": {"cipher": "aes"}}), "encrypted keystore"),
    ],
)
@pytest.mark.usefixtures("fake")
def test_what_is_no_key_is_said_and_never_shown(content, said, tmp_path, run, gateway) -> None:
    file = tmp_path / "k"
    file.touch(0o600)
    file.write_text(content)
    done = run("auth", "login", "--key-file", str(file))
    assert done.exit_code == 3
    assert f"{file}: " in done.stderr
    assert said in done.stderr
    assert len(content) < 10 or content not in done.stderr
    assert gateway.requests == []


def test_a_key_file_that_is_not_there_or_open_to_others(tmp_path, key_file) -> None:
    with pytest.raises(CliError, match="No such file") as raised:
        read(tmp_path / "none")
    assert (raised.value.code, raised.value.exit_code) == ("wallet_key_unusable", 3)
    key_file.chmod(0o644)
    with pytest.raises(CliError, match=r"readable by other users \(mode 0644\)") as raised:
        read(key_file)
    assert raised.value.hint == f"chmod 600 {key_file}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("Version: 1", "Version: 2"), "no sign-in message"),
        (lambda _text: "Transfer everything", "no sign-in message"),
        (lambda text: text.replace("127.0.0.1", "evil.example"), "which is another name"),
        (lambda text: text.replace("http://127.0.0.1", "http://evil.example"), "another name"),
        (lambda text: text.replace("Nonce: ", "Nonce: 0"), "another wallet or challenge"),
        (lambda text: text.replace("0x", "0x", 1).replace(text.split("\n")[1], "0x" + "1" * 40), "another wallet"),
    ],
)
def test_nothing_is_signed_but_a_sign_in_of_this_wallet_here(change, said, fake, gateway, run, key_file) -> None:
    write = fake.challenge_text
    fake.challenge_text = lambda *args: change(write(*args))
    done = run("auth", "login", "--key-file", str(key_file))
    assert done.exit_code == 3
    assert said in done.stderr
    assert "nothing was signed" in done.stderr
    assert [seen.path for seen in gateway.requests] == ["/v1/auth/challenge"]


def test_a_challenge_for_a_wallet_of_another_chain_is_not_signed(fake, gateway, run, key_file) -> None:
    write = fake.challenge_text
    fake.challenge_text = lambda wallet, *args: (
        write(wallet, *args).replace("Ethereum account", "Solana account").replace(wallet.display, Solana().address)
    )
    done = run("auth", "login", "--key-file", str(key_file), "--format", "json")
    error = json.loads(done.stderr)
    assert (error["code"], error["exit_code"]) == ("foreign_challenge", 3)
    assert "another chain (SOL)" in error["error"]
    assert len(gateway.requests) == 1


def test_a_namespace_of_others_is_refused_with_advice(fake, run, key_file) -> None:
    fake.owners["shop"] = "0xsomebody"
    done = run("auth", "login", "--key-file", str(key_file), "--namespace", "shop")
    assert done.exit_code == 3
    assert "not an owner of namespace" in done.stderr
    assert "--namespace NAME" in done.stderr


def date(minutes: float) -> str:
    moment = dt.datetime.fromtimestamp(time.time() + 60 * minutes, dt.UTC)
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"


@pytest.mark.parametrize(("minutes", "said"), [(10, "10 min behind"), (-10, "10 min ahead of"), (-300, "5 h ahead of")])
def test_a_clock_that_is_wrong_is_worth_a_word(minutes, said, fake, gateway, run, key_file) -> None:
    verify = gateway.answers["/v1/auth/verify"]

    def late(seen):
        answer = verify(seen)
        answer.headers["Date"] = date(minutes)
        return answer

    gateway.answers["/v1/auth/verify"] = late
    done = run("auth", "login", "--key-file", str(key_file))
    assert done.exit_code == 0
    assert f"Notice: this machine's clock is {said} the gateway's" in done.stderr
    gateway.refuse("/v1/auth/verify", 401, "invalid_nonce", "the nonce is expired", Date=date(minutes))
    done = run("auth", "login", "--key-file", str(key_file))
    assert done.exit_code == 3
    assert f"Hint: this machine's clock is {said} the gateway's" in done.stderr
    assert len(fake.families) == 1


@pytest.mark.usefixtures("fake")
def test_a_clock_that_is_right_is_not_mentioned(gateway, run, key_file) -> None:
    gateway.answers["/v1/auth/verify"] = gateway.reply(
        {"code": "signature_mismatch", "error": "no"}, 401, Date=date(0.5)
    )
    done = run("auth", "login", "--key-file", str(key_file))
    assert done.exit_code == 3
    assert "clock" not in done.stderr


@pytest.mark.parametrize("answer", [{}, {"nonce": 1, "message": 2}])
@pytest.mark.parametrize("path", ["challenge", "verify"])
def test_an_answer_that_no_gateway_gives(path, answer, fake, gateway, run, key_file) -> None:
    gateway.answer(f"/v1/auth/{path}", answer)
    done = run("auth", "login", "--key-file", str(key_file))
    assert done.exit_code == 1
    assert "not as a DeBros gateway" in done.stderr
    assert fake.families == []
