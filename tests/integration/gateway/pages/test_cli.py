"""network-cli itself, the page in a real browser, and the gateway: what each promises the others fits together."""

import asyncio
import json
import re

from testkit.injected import Injected
from testkit.wallets import Ethereum

DEVICE = re.compile(r"(?P<page>https?://\S+device=1)\s.*?(?P<code>[A-Z]{4}-[A-Z]{4})", re.DOTALL)


def done(cli, *arguments):
    code, out, err = cli.run(*arguments)
    assert code == 0, err
    return out


async def read(path):
    while not path.exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.05)
    return path.read_text()


async def test_signed_in_by_the_browser_and_out_again(cli, gateway, page, browse, name) -> None:
    account = Ethereum()
    wallet = Injected(page, account)
    process = cli.start("auth", "login", "--gateway", gateway.url, "--namespace", name)
    address = await read(cli.opened)

    def sign_in():
        page.get(address)
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says("network-cli has the answer")
        return cli.end(process)

    code, _, err = await browse(sign_in)
    assert code == 0, err
    assert len(wallet.signed) == 1
    assert cli.stored.stat().st_mode & 0o777 == 0o600
    out = await browse(lambda: done(cli, "auth", "whoami", "--format", "json"))
    said = json.loads(out)
    assert (said["subject"].lower(), said["namespace"]) == (account.address.lower(), name)
    out = await browse(lambda: done(cli, "query", "SELECT 1 AS one"))
    assert out == "one\n1\n"
    await browse(lambda: done(cli, "auth", "logout"))
    code, _, err = await browse(lambda: cli.run("query", "SELECT 1 AS one", "--no-input"))
    assert code == 3, err
    assert "auth login" in err


async def test_signed_in_by_a_code_from_another_device(cli, gateway, page, browse, name) -> None:
    account = Ethereum()
    Injected(page, account)
    process = cli.start("auth", "login", "--gateway", gateway.url, "--device", "--namespace", name)

    def approve():
        said = ""
        while not (asked := DEVICE.search(said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        page.get(asked["page"])
        page.at("code").send_keys(asked["code"])
        page.press("Continue")
        page.step("device")
        page.press("Yes, continue")
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says("Your device is signed in")
        return cli.end(process)

    code, _, err = await browse(approve)
    assert code == 0, err
    out = await browse(lambda: done(cli, "auth", "whoami", "--format", "json"))
    assert json.loads(out)["namespace"] == name
