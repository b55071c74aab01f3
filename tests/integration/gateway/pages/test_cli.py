"""network-cli itself, the page in a real browser, and the gateway: what each promises the others fits together."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from testkit.injected import Injected
from testkit.wallets import Ethereum

CLI = Path(sys.executable).parent / "network-cli"
DEVICE = re.compile(r"(?P<page>https?://\S+device=1)\s.*?(?P<code>[A-Z]{4}-[A-Z]{4})", re.DOTALL)


@pytest.fixture
def cli(gateway, tmp_path):
    """Start network-cli with a home of its own and a browser that only notes the page it is to open."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith("DEBROS_")}
    env |= {"HOME": str(tmp_path), "BROWSER": f"{browser} %s", "DEBROS_GATEWAY_URL": gateway.url}
    running = []

    def start(*arguments):
        command = [CLI, *arguments]
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    start.opened = opened
    yield start
    for process in running:
        process.kill()
        process.communicate()


def done(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err


async def read(path):
    while not path.exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.05)
    return path.read_text()


async def test_signed_in_by_the_browser_and_out_again(cli, page, browse, name, tmp_path) -> None:
    account = Ethereum()
    wallet = Injected(page, account)
    process = cli("auth", "login", "--namespace", name)
    address = await read(cli.opened)

    def sign_in():
        page.get(address)
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says("network-cli has the answer")
        return process.communicate(timeout=300)

    _, err = await browse(sign_in)
    assert process.returncode == 0, err
    assert len(wallet.signed) == 1
    kept = tmp_path / ".debros" / "credentials.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    out, _ = await browse(lambda: done(cli("auth", "whoami", "--format", "json")))
    said = json.loads(out)
    assert (said["subject"].lower(), said["namespace"]) == (account.address.lower(), name)
    out, _ = await browse(lambda: done(cli("query", "SELECT 1 AS one")))
    assert out == "one\n1\n"
    await browse(lambda: done(cli("auth", "logout")))
    refused = cli("query", "SELECT 1 AS one", "--no-input")
    _, err = await browse(lambda: refused.communicate(timeout=300))
    assert refused.returncode == 3, err
    assert "auth login" in err


async def test_signed_in_by_a_code_from_another_device(cli, page, browse, name) -> None:
    account = Ethereum()
    Injected(page, account)
    process = cli("auth", "login", "--device", "--namespace", name)

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
        return process.communicate(timeout=300)

    _, err = await browse(approve)
    assert process.returncode == 0, err
    out, _ = await browse(lambda: done(cli("auth", "whoami", "--format", "json")))
    assert json.loads(out)["namespace"] == name
