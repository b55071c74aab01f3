"""A program on the same machine sends people to the page, and gets a code from it, or a no."""

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from testkit.injected import Injected
from testkit.login import Program
from testkit.wallets import Ethereum


def address(gateway, program, **more):
    asks = program.asks | {"code_challenge_method": "S256"} | more
    return f"{gateway.url}/v1/auth/login?{urlencode(asks)}"


def exchanged(gateway, program, where):
    code = program.code(f"http://127.0.0.1:{urlsplit(program.callback).port}{where}")
    return httpx.post(f"{gateway.url}/v1/auth/exchange", json=program.exchange(code), timeout=60)


async def test_a_program_is_signed_in(gateway, page, browse, listener, name) -> None:
    account, program = Ethereum(), Program(listener.callback)
    wallet = Injected(page, account)

    def sign_in():
        page.get(address(gateway, program, namespace=name))
        page.says(f"A program on this machine waits at {urlsplit(listener.callback).netloc}.")
        page.photograph("program-1-wallet")
        page.press("Test Wallet")
        page.step("review")
        shown = page.at("message").text
        assert page.focused() == "review-title"
        page.photograph("program-2-review")
        page.press("Sign with wallet")
        page.says("The program is signed in.")
        return shown

    shown = await browse(sign_in)
    assert wallet.signed == [shown]
    assert shown.startswith(f"127.0.0.1:{gateway.port} wants you to sign in with your Ethereum account:\n")
    assert f"the namespace {name} " in shown
    (where,) = listener.heard
    answer = await browse(lambda: exchanged(gateway, program, where))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["subject"], answer.json()["namespace"]) == (account.address, name)


async def test_with_the_older_kind_of_wallet(gateway, page, browse, listener, name) -> None:
    account, program = Ethereum(), Program(listener.callback)
    wallet = Injected(page, account, announced=False)
    wallet.chain = 137

    def sign_in():
        page.get(address(gateway, program))
        page.at("namespace").send_keys(name)
        page.press("The wallet in this browser")
        page.step("review")
        page.press("Sign with wallet")
        page.says("The program is signed in.")

    await browse(sign_in)
    assert "\nChain ID: 137\n" in wallet.signed[0]
    answer = await browse(lambda: exchanged(gateway, program, listener.heard[0]))
    assert (answer.json()["subject"], answer.json()["namespace"]) == (account.address, name)


async def test_with_the_keyboard_alone(gateway, page, browse, listener, name) -> None:
    """Tab and Enter, from the top of the page; the focus follows the steps."""
    account, program = Ethereum(), Program(listener.callback)
    Injected(page, account, "Second Wallet")
    Injected(page, Ethereum(), "First Wallet")

    def sign_in():
        page.get(address(gateway, program))
        page.button("First Wallet")
        order = [page.tab() for _ in range(4)]
        page.tab(back=True)
        page.tab(back=True)
        page.tab(back=True)
        page.keys(name)
        page.tab()
        page.enter()
        page.step("review")
        review = [page.focused(), page.tab(), page.tab(), page.tab(back=True)]
        page.enter()
        page.says("The program is signed in.")
        return order, review

    order, review = await browse(sign_in)
    assert order[0] == "namespace"
    assert [one.partition("Wallet")[0] for one in order[1:3]] == ["Second ", "First "]
    assert order[3] == "wallet-cancel"
    assert review == ["review-title", "sign", "review-back", "sign"]
    answer = await browse(lambda: exchanged(gateway, program, listener.heard[0]))
    assert answer.json()["subject"] == account.address


async def test_somebody_says_no_in_the_wallet_and_then_to_the_program(gateway, page, browse, listener, tables, name):
    program = Program(listener.callback)
    wallet = Injected(page, Ethereum())

    def say_no():
        page.get(address(gateway, program, namespace=name))
        wallet.refusals["eth_requestAccounts"] = (4001, "User rejected the request.")
        page.press("Test Wallet")
        page.says("You said no in the wallet")
        page.press("Test Wallet")
        page.step("review")
        wallet.refusals["personal_sign"] = (4001, "User rejected the request.")
        page.press("Sign with wallet")
        page.says("You said no in the wallet")
        page.photograph("program-3-rejected")
        page.press("Back")
        page.press("Cancel")
        page.until(lambda: listener.heard)

    await browse(say_no)
    told = parse_qs(urlsplit(listener.heard[0]).query)
    assert told == {"error": ["access_denied"], "state": [program.state]}
    assert await tables("SELECT wallet FROM _gw_owners WHERE namespace = ?", name) == []


async def test_a_wallet_that_never_answers_holds_nobody(gateway, page, browse, listener, name) -> None:
    wallet, other = Injected(page, Ethereum(), "Silent"), Injected(page, Ethereum(), "Other")
    wallet.silent = {"personal_sign"}

    def sign_in():
        page.get(address(gateway, Program(listener.callback), namespace=name))
        page.press("Silent")
        page.step("review")
        page.press("Sign with wallet")
        page.says("Look at Silent")
        page.until(lambda: "personal_sign" in wallet.asked)
        assert page.at("sign").get_attribute("aria-disabled") == "true"
        page.press("Back")
        page.press("Other")
        page.step("review")
        page.press("Sign with wallet")
        page.says("The program is signed in.")

    await browse(sign_in)
    assert len(other.signed) == 1


async def test_an_address_that_no_sign_in_can_begin_with(gateway, page, browse) -> None:
    page.expect("400 (Bad Request)")

    def look():
        page.get(address(gateway, Program("https://evil.example/callback")))
        page.says("This sign-in cannot begin")
        page.says("Code: invalid_callback")
        page.photograph("program-4-refused")

    await browse(look)
