"""Somebody signs in to the console, sees the network, and leaves."""

from testkit.consolepage import rows, says, sign_in, use_key
from testkit.injected import Injected
from testkit.wallets import Ethereum


async def test_an_owner_sees_the_network(relayed, page, browse, name) -> None:
    account = Ethereum()
    wallet = Injected(page, account)

    def look():
        sign_in(page, relayed.url, name)
        assert page.focused() == "first-key-title"
        key = page.at("first-key-text").text
        says(page, "who-subject", account.address)
        says(page, "who-namespace", name)
        for check in ("status", "connection", "database", "pubsub"):
            says(page, f"health-{check}", "ok")
        page.until(lambda: [node["State"] for node in rows(page, "nodes")] == ["up"])
        says(page, "nodes-role", "leader")
        says(page, "nodes-summary", "1 node: 1 up, 0 down, 0 unknown.")
        says(page, "nodes-voters", "1 of 1 reachable")
        says(page, "peers-summary", "0 peers, 0 connected.")
        says(page, "updated", "Updated")
        assert page.run("return location.href") == f"{relayed.url}/console"
        page.press("I have kept it")
        assert page.focused() == "health-title"
        assert key not in page.run("return document.documentElement.outerHTML")
        return key

    key = await browse(look)
    assert len(wallet.signed) == 1
    answer = await relayed.http.get("/v1/auth/whoami", headers={"X-API-Key": key})
    assert answer.json()["subject"] == account.address


async def test_loading_again_asks_for_no_signature_and_signing_out_ends_the_session(
    relayed, page, browse, tables, name
) -> None:
    wallet = Injected(page, Ethereum())

    def leave():
        sign_in(page, relayed.url, name)
        kept = page.run("return Object.values(sessionStorage)")
        page.get(f"{relayed.url}/console")
        says(page, "who-namespace", name)
        assert not page.at("first-key").is_displayed()
        page.press("Sign out")
        page.until(lambda: page.at("wallet-title").is_displayed())
        assert page.focused() == "wallet-title"
        assert page.run("return [sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]
        page.get(f"{relayed.url}/console")
        page.until(lambda: page.at("wallet-title").is_displayed())
        return kept

    (kept,) = await browse(leave)
    assert len(wallet.signed) == 1
    assert kept.count(".") == 2, "an access token, and no refresh token beside it"
    refused = await relayed.http.get("/v1/auth/whoami", headers={"X-API-Key": kept})
    assert refused.status_code == 401
    (ended,) = await tables("SELECT revoked_at FROM _gw_sessions WHERE namespace = ?", name)
    assert ended != [None]


async def test_an_api_key_opens_it_and_is_kept_nowhere(relayed, page, browse, people, name) -> None:
    key = (await people.sign_in(relayed, Ethereum(), name))["api_key"]
    page.expect("401 (Unauthorized)")

    def look():
        use_key(page, relayed.url, "ak_of_nobody")
        page.says("This gateway does not know the key")
        assert (page.focused(), page.at("api-key").get_attribute("aria-invalid")) == ("api-key", "true")
        use_key(page, relayed.url, key)
        says(page, "who-namespace", name)
        says(page, "who-kind", "API key of")
        says(page, "health-database", "ok")
        assert page.run("return [sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]
        assert key not in page.run(
            "return document.documentElement.outerHTML + document.getElementById('api-key').value"
        )
        page.get(f"{relayed.url}/console")
        page.until(lambda: page.at("wallet-title").is_displayed())

    await browse(look)


async def test_another_namespace_and_back(relayed, page, browse, tables, eventually, name) -> None:
    wallet = Injected(page, Ethereum())

    def change():
        sign_in(page, relayed.url, name)
        page.press("I have kept it")
        page.press("Change namespace")
        assert page.focused() == "namespace"
        page.press("Cancel")
        says(page, "who-namespace", name)
        page.press("Change namespace")
        page.at("namespace").send_keys(f"{name}-other")
        page.press("Test Wallet")
        page.step("review")
        page.press("Sign with wallet")
        says(page, "who-namespace", f"{name}-other")

    await browse(change)
    assert len(wallet.signed) == 2
    sql = "SELECT count(*) FROM _gw_sessions WHERE namespace = ? AND revoked_at IS NOT NULL"

    async def left():
        return await tables(sql, name) == [[1]]

    await eventually(left)  # nobody waits for the farewell to the former one
    assert await tables(sql, f"{name}-other") == [[0]]
