"""What goes wrong while somebody looks at the console, and what it makes of it."""

import asyncio

from testkit.consolepage import says, sign_in
from testkit.injected import Injected
from testkit.wallets import Ethereum


async def test_a_gateway_that_is_away_and_comes_back(relayed, page, browse, name) -> None:
    Injected(page, Ethereum())
    page.expect("net::ERR_INTERNET_DISCONNECTED")

    def look():
        sign_in(page, relayed.url, name)
        says(page, "health-database", "ok")
        page.offline(True)
        says(page, "notice", "The gateway cannot be reached")
        says(page, "health-trouble", "What stands here is what it said last")
        assert page.at("health-database").text == "ok", "what it said last"
        page.photograph("console-mishap-away")
        page.at("sql").send_keys("SELECT 1")
        page.press("Run")
        says(page, "query-trouble", "The gateway does not answer. Nothing was changed")
        page.press("Sign out")
        says(page, "notice", "You are still signed in at the gateway")
        page.offline(False)
        page.until(lambda: page.at("notice").text == "")
        page.until(lambda: page.at("health-trouble").text == "")

    await browse(look)


async def test_many_that_want_a_new_token_make_one_exchange(relayed, page, browse, tables, name) -> None:
    """The access token is refused while its session lives on, so every panel wants a new one at the same moment."""
    Injected(page, Ethereum())
    page.expect("401 (Unauthorized)")

    def sign():
        sign_in(page, relayed.url, name)
        says(page, "sessions-summary", "1 time.")

    await browse(sign)
    tokens = relayed.services.auth.tokens
    now = tokens._clock
    tokens._clock = lambda: now() + 3_600_000

    def refresh():
        page.run("document.getElementById('refresh').click()")
        page.until(lambda: page.at("said").get_attribute("textContent") == "Refreshed.")
        assert page.at("panels").is_displayed()

    try:
        await browse(refresh)
    finally:
        tokens._clock = now
    sql = (
        "SELECT count(*), sum(t.used_at IS NOT NULL) FROM _gw_refresh_tokens AS t"
        " JOIN _gw_sessions AS s ON s.id = t.session WHERE s.namespace = ? AND s.revoked_at IS NULL"
    )
    assert await tables(sql, name) == [[2, 1]]


async def test_somebody_who_is_an_owner_no_more(relayed, page, browse, people, name) -> None:
    first, friend = Ethereum(), Ethereum()
    headers = {"X-API-Key": (await people.sign_in(relayed, first, name))["access_token"]}
    owners = f"/v1/namespaces/{name}/owners"
    added = await relayed.http.post(owners, json={"wallet": friend.address}, headers=headers)
    assert added.status_code == 201
    Injected(page, friend)
    page.expect("403 (Forbidden)")

    def look():
        sign_in(page, relayed.url, name)
        says(page, "keys-summary", "of this namespace")

    await browse(look)
    await relayed.http.delete(f"{owners}?wallet={friend.address}", headers=headers)

    def lost():
        page.says(f"You are not an owner of the namespace {name}")
        assert not page.at("panels").is_displayed()
        assert page.run("return document.querySelectorAll('#panels tbody tr').length") == 0
        page.photograph("console-mishap-not-owner")

    await browse(lost)


async def test_a_gateway_that_is_asked_too_often(make_gateway, node, page, browse, name) -> None:
    gateway = await make_gateway(p2p_socket=str(node.socket), rates={"requests_per_second": 1, "requests_burst": 55})
    Injected(page, Ethereum())
    page.expect("429 (Too Many Requests)")

    def look():
        sign_in(page, gateway.url, name)

        def ask():
            page.run("document.getElementById('refresh').click()")
            return "asks this page to slow down" in page.at("notice").text

        page.until(ask)
        page.photograph("console-mishap-slow")

    await browse(look)


async def test_a_hidden_or_paused_page_asks_nothing(relayed, page, browse, name) -> None:
    Injected(page, Ethereum())
    asked = "return performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch').length"

    def begin():
        sign_in(page, relayed.url, name)
        says(page, "sessions-summary", "1 time.")
        page.press("Pause")
        says(page, "updated", "Paused.")
        page.until(lambda: settled(page))
        return page.run(asked)

    def settled(page):
        before = page.run(asked)
        page.run("return new Promise((resolve) => setTimeout(resolve, 1000))")
        return page.run(asked) == before

    before = await browse(begin)
    await asyncio.sleep(5)  # longer than the shortest period
    assert await browse(lambda: page.run(asked)) == before
    await browse(lambda: page.press("Pause"))
    await browse(lambda: page.until(lambda: page.run(asked) > before))
    hide = "Object.defineProperty(document, 'hidden', { configurable: true, get: () => arguments_hidden })"
    await browse(lambda: page.run(hide.replace("arguments_hidden", "true")))
    await browse(lambda: page.until(lambda: settled(page)))
