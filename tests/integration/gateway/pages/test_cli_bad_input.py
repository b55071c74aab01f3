"""What can be wrong around network-cli, each with the real program, a real gateway, and where one is needed a browser.

    wrong key file · credentials file locked, or not to be written · clock off by ten minutes · gateway down ·
    DNS failure · expired session · wallet on another chain · user rejects the signature · port of the callback taken

Each is told in a message that says what, where and what to do, with its exit code; none in a stack trace.
"""

import asyncio
import fcntl
import json
import socket
import time

import httpx
import pytest

from testkit.injected import Injected
from testkit.ports import free_port
from testkit.wallets import Ethereum

SOLANA = "4" * 88  # what a Solana wallet exports has this form
KEYSTORE = json.dumps({"version": 3, "crypto": {"cipher": "aes-128-ctr"}})


@pytest.fixture
def wallet() -> Ethereum:
    return Ethereum()


@pytest.fixture
def key_file(cli, wallet) -> str:
    return cli.secret("wallet.key", wallet._key.to_hex())


@pytest.fixture
def refused(cli, gateway, browse):
    """Run what has to fail at the gateway, and return its error."""

    async def refused(*arguments, **env):
        return await browse(lambda: cli.refused(*arguments, "--gateway", gateway.url, **env))

    return refused


@pytest.fixture
def signed_in(cli, gateway, browse, key_file, name):
    """Sign in with the key file."""

    async def sign_in():
        login = ["auth", "login", "--gateway", gateway.url, "--namespace", name, "--key-file", key_file]
        code, _, err = await browse(lambda: cli.run(*login))
        assert code == 0, err

    return sign_in


@pytest.mark.parametrize(
    ("content", "mode", "told", "advice"),
    [
        ("hello", 0o600, "{}: does not hold a wallet's private key", "as 64 hex digits"),
        ("", 0o600, "{}: is empty", "as 64 hex digits"),
        ("0" * 64, 0o600, "{}: not a key of the curve that Ethereum uses (secp256k1)", None),
        (KEYSTORE, 0o600, "{}: is an encrypted keystore, and this takes a plain key only", "as 64 hex digits"),
        ("1" * 64, 0o640, "{}: readable by other users (mode 0640)", "chmod 600 {}"),
        (None, None, "{}: No such file or directory", "--key-file PATH"),
    ],
)
async def test_wrong_key_file(content, mode, told, advice, cli, refused) -> None:
    file = str(cli.home / "key") if content is None else cli.secret("key", content, mode)
    error = await refused("storage", "list", "--key-file", file)
    assert told.format(file) in error["error"]
    assert (error["exit_code"], error["code"]) == (3, "wallet_key_unusable")
    assert advice is None or advice.format(file) in error["hint"]


async def test_wrong_api_key_file(cli, refused) -> None:
    file = cli.secret("api.key", "ak_of_nobody_at_all:default")
    error = await refused("storage", "list", "--api-key-file", file)
    assert (error["exit_code"], error["code"], error["error"]) == (3, "invalid_api_key", "invalid API key")
    assert "is not valid there" in error["hint"]


async def test_locked_credentials_file(cli, refused, signed_in, key_file, name, tables) -> None:
    await signed_in()
    before = cli.stored.read_text()
    sessions = await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name)
    lock = cli.stored.with_name("credentials.json.lock")
    with lock.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        login = ["auth", "login", "--key-file", key_file, "--namespace", name, "--timeout", "1s"]
        error = await refused(*login)
    assert (error["exit_code"], error["code"]) == (5, "credentials_locked")
    assert error["error"] == f"{cli.stored}: another process has held its lock for 1s"
    assert f"fuser {lock}" in error["hint"]
    assert cli.stored.read_text() == before
    assert await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name) == sessions  # none opened in vain
    await signed_in()  # free again


async def test_credentials_file_that_cannot_be_written(cli, refused, key_file, name, tables, tmp_path) -> None:
    cli.stored.parent.mkdir(mode=0o700)
    cli.stored.symlink_to(tmp_path / "gone" / "credentials.json")
    for words in (["auth", "login", "--namespace", name], ["query", "SELECT 1", "--namespace", name]):
        error = await refused(*words, "--key-file", key_file)
        assert (error["exit_code"], error["code"]) == (3, "credentials_unusable")
        assert error["error"].endswith("/gone/credentials.json): cannot be written (No such file or directory)")
        assert str(tmp_path / "gone") in error["hint"]
    assert await tables("SELECT id FROM _gw_sessions WHERE namespace = ?", name) == []


@pytest.mark.parametrize(("seconds", "told"), [(600, "10 min ahead of"), (-600, "10 min behind")])
async def test_clock_off_by_ten_minutes(seconds, told, cli, gateway, browse, key_file, name, tmp_path) -> None:
    """Sessions are counted by this machine's clock alone, so everything works; what is wrong is told."""
    python = tmp_path / "clock"
    python.mkdir()
    (python / "sitecustomize.py").write_text(
        f"import time\n_time = time.time\ntime.time = lambda: _time() + {seconds}\n"
    )
    login = ["auth", "login", "--gateway", gateway.url, "--namespace", name, "--key-file", key_file]
    code, _, err = await browse(lambda: cli.run(*login, PYTHONPATH=str(python)))
    assert (code, err.count("\n")) == (0, 2), err
    assert f"Notice: this machine's clock is {told} the gateway's; set it (timedatectl set-ntp true)\n" in err
    for env in ({}, {"PYTHONPATH": str(python)}):
        code, out, err = await browse(lambda env=env: cli.run("query", "SELECT 1 AS one", **env))
        assert (code, out, err) == (0, "one\n1\n", "")
    code, out, _ = await browse(lambda: cli.run("doctor", "--format", "json", PYTHONPATH=str(python)))
    assert [one for one in json.loads(out)["checks"] if told in one["text"]] != []


@pytest.mark.parametrize("words", [["storage", "list"], ["health"], ["pubsub", "subscribe", "t"], ["auth", "login"]])
async def test_gateway_down(words, cli, browse, key_file) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    error = await browse(lambda: cli.refused(*words, "--gateway", url, "--key-file", key_file))
    assert (error["exit_code"], error["code"]) == (5, "gateway_unreachable")
    assert error["error"] == f"gateway at {url} does not answer; is it running?"
    assert error["hint"] == "try: make up (development), or: systemctl status debros-gateway"


@pytest.mark.parametrize("words", [["storage", "list"], ["health"], ["pubsub", "subscribe", "t"], ["auth", "login"]])
async def test_dns_failure(words, cli, browse, key_file) -> None:
    url = "https://gateway.invalid"  # RFC 6761: no resolver knows a host of that name
    error = await browse(lambda: cli.refused(*words, "--gateway", url, "--key-file", key_file))
    assert (error["exit_code"], error["code"]) == (5, "gateway_unknown_host")
    assert error["error"].startswith(f"the host of {url} is not known (")
    assert error["hint"] == "check the spelling of the host, and the network"


async def test_expired_session(cli, gateway, rqlited, browse, refused, signed_in, wallet, name) -> None:
    await signed_in()
    own = "SELECT id FROM _gw_sessions WHERE namespace = ?"
    ended = f"UPDATE _gw_refresh_tokens SET expires_at = 1 WHERE session IN ({own})"
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{rqlited.url}/db/execute", json=[[ended, name]])
        assert answer.json()["results"][0]["rows_affected"] == 1
    document = json.loads(cli.stored.read_text())
    (entry,) = document["gateways"].values()
    entry["credentials"][0]["expires_at"] = int(time.time()) - 1
    cli.stored.write_text(json.dumps(document))
    for words in (["storage", "list"], ["pubsub", "subscribe", "t"], ["auth", "whoami"]):
        error = await refused(*words)
        assert (error["exit_code"], error["code"]) == (3, "session_over")
        assert error["error"] == f"the session of wallet {wallet.address} in namespace {name} is over"
        assert error["hint"] == (
            f"sign in again with: network-cli auth login --gateway {gateway.url} --namespace {name}"
        )
    await signed_in()
    code, out, err = await browse(lambda: cli.run("query", "SELECT 1 AS one"))
    assert (code, out, err) == (0, "one\n1\n", "")


async def test_wallet_on_another_chain_in_a_file(cli, refused) -> None:
    file = cli.secret("id.json", SOLANA)
    error = await refused("auth", "login", "--key-file", file)
    assert (error["exit_code"], error["code"]) == (3, "wallet_key_unusable")
    assert error["error"] == f"{file}: is the key of a Solana wallet, and this signs with Ethereum keys only"
    assert "--browser" not in error["hint"]
    assert not cli.stored.exists()


async def opened(cli):
    while not cli.opened.exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.05)
    return cli.opened.read_text()


async def test_wallet_on_another_chain_in_the_browser(cli, gateway, page, browse, wallet, name) -> None:
    """Of Ethereum's chains each is as good as another: the text that is signed names the wallet's own."""
    injected = Injected(page, wallet)
    process = cli.start("auth", "login", "--gateway", gateway.url, "--namespace", name)
    address = await opened(cli)

    def sign_in():
        page.get(address)
        page.press("Test Wallet")
        page.step("review")
        injected.chain = 137
        page.press("Sign with wallet")
        page.says("The wallet is now on another network")
        page.says("Chain ID: 137")
        page.press("Sign with wallet")
        page.says("network-cli has the answer")
        return cli.end(process)

    code, _, err = await browse(sign_in)
    assert code == 0, err
    (text,) = injected.signed
    assert "\nChain ID: 137\n" in text


async def test_user_rejects_the_signature(cli, gateway, page, browse, wallet, name, tables) -> None:
    injected = Injected(page, wallet)
    process = cli.start("auth", "login", "--gateway", gateway.url, "--namespace", name, "--format", "json")
    address = await opened(cli)

    def reject():
        page.get(address)
        page.press("Test Wallet")
        page.step("review")
        injected.refusals["personal_sign"] = (4001, "User rejected the request.")
        page.press("Sign with wallet")
        page.says("You said no in the wallet")
        assert process.poll() is None  # one may think again
        page.press("Back")
        page.press("Cancel")
        page.says("network-cli has the answer")
        return cli.end(process)

    code, out, err = await browse(reject)
    error = json.loads(err.splitlines()[-1])
    assert (code, out, error["exit_code"], error["code"]) == (3, "", 3, "access_denied")
    assert error["error"] == "the sign-in was rejected on the page"
    assert error["hint"] == "start again with: network-cli auth login"
    assert not cli.stored.exists()
    assert await tables("SELECT wallet FROM _gw_owners WHERE namespace = ?", name) == []


async def test_port_of_the_callback_taken(cli, refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = await refused("auth", "login", "--browser", "--callback-port", str(port))
    assert (error["exit_code"], error["code"]) == (1, "callback_port_taken")
    assert error["error"] == f"port {port} of 127.0.0.1 is taken by another program"
    assert "--callback-port PORT" in error["hint"]
    assert not cli.opened.exists()
