"""What goes wrong between people, wallets and gateway, and what the page makes of it."""

from testkit.injected import Injected
from testkit.wallets import Ethereum


def login(gateway, **asks):
    return f"{gateway.url}/v1/auth/login" + (f"?namespace={asks['namespace']}" if asks else "")


def to_review(page, gateway, name, wallet="Test Wallet"):
    page.get(login(gateway, namespace=name))
    page.press(wallet)
    page.step("review")


async def test_a_browser_signs_itself_in_and_out(gateway, page, browse, name) -> None:
    account = Ethereum()
    Injected(page, account)

    def sign_in():
        to_review(page, gateway, name)
        page.press("Sign with wallet")
        page.says(f"as {account.address} in the namespace {name}")
        key = page.at("api-key").text
        page.photograph("browser-1-done")
        page.get(login(gateway))  # later, in the same tab
        page.says(f"as {account.address} in the namespace {name}")
        assert page.at("api-key-box").is_displayed() is False
        page.press("Sign out")
        page.step("wallet")
        page.get(login(gateway))
        page.step("wallet")
        return key

    key = await browse(sign_in)
    answer = await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": key})
    assert answer.json()["subject"] == account.address


async def test_a_browser_stops_waiting_for_its_wallet(gateway, page, browse) -> None:
    wallet = Injected(page, Ethereum())
    wallet.silent = {"eth_requestAccounts"}

    def stop():
        page.get(login(gateway))
        page.button("Test Wallet")
        assert not page.at("wallet-cancel").is_displayed()
        page.press("Test Wallet")
        page.says("Look at Test Wallet")
        page.press("Cancel")
        page.button("Test Wallet")
        assert page.focused() == "wallet-title"
        assert not page.at("wallet-cancel").is_displayed()

    await browse(stop)


async def test_no_wallet(gateway, page, browse) -> None:
    def look():
        page.size(320, 640)
        page.get(login(gateway))
        page.says("No wallet found in this browser")
        page.photograph("mishap-1-no-wallet")
        page.press("Look again")
        page.says("Still no wallet.")

    await browse(look)


async def test_a_namespace_of_somebody_else_and_the_way_out(gateway, page, browse, people, name) -> None:
    await people.sign_in(gateway, Ethereum(), name)
    account = Ethereum()
    Injected(page, account)
    page.expect("403 (Forbidden)")

    def try_both():
        page.get(login(gateway))
        page.at("namespace").send_keys(name)
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says(f"The namespace {name} belongs to somebody else")
        page.says(account.address)
        page.photograph("mishap-2-others")
        page.press("Back")
        page.at("namespace").clear()
        page.at("namespace").send_keys(f"{name}-mine")
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        page.says(f"in the namespace {name}-mine")

    await browse(try_both)


async def test_a_name_that_cannot_be(gateway, page, browse) -> None:
    wallet = Injected(page, Ethereum())

    def look():
        page.get(login(gateway))
        page.at("namespace").send_keys("My Shop")
        page.press("Test Wallet")
        page.says("That is no name for a namespace")
        assert (page.focused(), page.at("namespace").get_attribute("aria-invalid")) == ("namespace", "true")

    await browse(look)
    assert wallet.asked == []


async def test_another_account_another_network_and_an_old_text(gateway, page, browse, name) -> None:
    wallet = Injected(page, Ethereum())
    other = Ethereum()

    def sign_in():
        to_review(page, gateway, name)
        wallet.account = other
        page.press("Sign with wallet")
        page.says(f"The wallet is now at another account, {other.address}")
        wallet.chain = 10
        page.press("Sign with wallet")
        page.says("The wallet is now on another network")
        page.says("Chain ID: 10")
        page.photograph("mishap-3-network")
        page.run("const real = Date.now; Date.now = () => real() + 290_000 + 20_000")
        page.press("Sign with wallet")
        page.says("The text was too old")
        page.press("Sign with wallet")
        page.says("You are signed in")

    await browse(sign_in)
    assert len(wallet.signed) == 1
    assert "\nChain ID: 10\n" in wallet.signed[0]


async def test_a_text_that_somebody_used_meanwhile(gateway, page, browse, people, name) -> None:
    wallet = Injected(page, Ethereum())
    page.expect("401 (Unauthorized)")

    def first():
        to_review(page, gateway, name)
        return page.at("message").text

    text = await browse(first)
    nonce = text.partition("Nonce: ")[2].partition("\n")[0]
    used = await people.verify(gateway, wallet.account, {"nonce": nonce, "namespace": name})
    assert used.status_code == 200

    def then():
        page.press("Sign with wallet")
        page.says("The text was too old, or had been used")
        page.press("Sign with wallet")
        page.says("You are signed in")

    await browse(then)
    assert len(wallet.signed) == 2


async def test_a_signature_of_somebody_else(gateway, page, browse, name) -> None:
    wallet = Injected(page, Ethereum())
    page.expect("401 (Unauthorized)")

    def sign_in():
        to_review(page, gateway, name)
        shown = wallet.account
        wallet.account.sign = Ethereum().sign
        page.press("Sign with wallet")
        page.says("The signature is not by the account shown above")
        del shown.sign
        page.press("Sign with wallet")
        page.says("You are signed in")

    await browse(sign_in)


async def test_a_clock_that_is_wrong(gateway, page, browse, name) -> None:
    page.inject("const real = Date.now; Date.now = () => real() + 3_600_000")
    Injected(page, Ethereum())

    def sign_in():
        to_review(page, gateway, name)
        page.says("This machine's clock is about 60 minutes ahead of the gateway's.")
        page.press("Sign with wallet")
        page.says("You are signed in")

    await browse(sign_in)


async def test_a_gateway_that_is_away(gateway, page, browse, name) -> None:
    Injected(page, Ethereum())
    page.expect("net::ERR_INTERNET_DISCONNECTED")

    def sign_in():
        page.get(login(gateway, namespace=name))
        page.button("Test Wallet")
        page.offline(True)
        page.press("Test Wallet")
        page.says("The gateway cannot be reached")
        page.photograph("mishap-4-unreachable")
        page.offline(False)
        page.press("Test Wallet")
        page.step("review")

    await browse(sign_in)


async def test_a_gateway_without_its_database(make_rqlited, make_gateway, page, browse, name) -> None:
    rqlited = make_rqlited()
    gateway = await make_gateway(rqlite_dsn=rqlited.url)
    Injected(page, Ethereum())
    page.expect("503 (Service Unavailable)")
    rqlited.stop()

    def look():
        page.get(login(gateway, namespace=name))
        page.press("Test Wallet")
        page.says("The gateway cannot do this at the moment")
        page.says("the database cannot be reached")

    await browse(look)


SAID = [
    ("eth_requestAccounts", -32002, "The wallet is already asking you something"),
    ("eth_chainId", 4901, "The wallet is on a network it cannot reach"),
    ("eth_requestAccounts", 4100, "The wallet does not let this page use the account"),
    ("eth_requestAccounts", 12345, "It says: <i>odd</i>"),
]


async def test_what_wallets_say(gateway, page, browse) -> None:
    wallet = Injected(page, Ethereum())

    def look():
        page.get(login(gateway))
        for method, code, told in SAID:
            wallet.refusals[method] = (code, "<i>odd</i>")
            page.press("Test Wallet")
            page.says(told)

    await browse(look)
