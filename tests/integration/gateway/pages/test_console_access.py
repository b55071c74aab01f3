"""The console's topics, API keys and sessions: what is there, what is made, and what is ended after a question."""

import datetime as dt

import pytest

from debros.hosts.database import Database
from debros.hosts.snapshots import told
from debros.hosts.snapshots.digest import Content
from debros.hosts.snapshots.manifest import Manifest
from testkit.consolepage import rows, says, sign_in, use_key
from testkit.injected import Injected
from testkit.wallets import Ethereum


@pytest.fixture
def account(page):
    found = Ethereum()
    Injected(page, found)
    return found


async def works(gateway, credential):
    return (await gateway.http.get("/v1/storage/list", headers={"X-API-Key": credential})).status_code


@pytest.mark.usefixtures("account")
async def test_a_key_is_made_shown_once_and_revoked(relayed, page, browse, name) -> None:
    def make():
        sign_in(page, relayed.url, name)
        page.press("I have kept it")
        page.at("key-name").send_keys("<i>backend</i>\n")
        page.until(lambda: page.at("new-key").is_displayed())
        assert page.focused() == "new-key-title"
        key = page.at("new-key-text").text
        page.until(lambda: [row["Name"] for row in rows(page, "keys")] == ["first sign-in", "<i>backend</i>"])
        page.press("I have kept it")
        assert key not in page.run("return document.documentElement.outerHTML")
        return key

    def revoke(sure):
        page.driver.find_element("css selector", "[aria-label^='Revoke <i>backend</i>']").click()
        page.until(lambda: page.at("ask").is_displayed())
        assert page.focused() == "ask-no"
        page.press("Revoke it" if sure else "Cancel")

    key = await browse(make)
    assert await works(relayed, key) == 200
    await browse(lambda: revoke(sure=False))
    assert await works(relayed, key) == 200
    await browse(lambda: revoke(sure=True))
    await browse(lambda: page.until(lambda: [row["Name"] for row in rows(page, "keys")] == ["first sign-in"]))
    assert await browse(page.focused) == "keys-title"
    assert await works(relayed, key) == 401


async def test_with_an_api_key_a_wallets_matters_are_not_offered(relayed, page, browse, people, name) -> None:
    key = (await people.sign_in(relayed, Ethereum(), name))["api_key"]

    def look():
        use_key(page, relayed.url, key)
        says(page, "keys-summary", "a key cannot make others")
        assert not page.at("make-key").is_displayed()
        says(page, "sessions-summary", "Sessions are a wallet's own matter")
        assert rows(page, "sessions") == []

    await browse(look)


async def test_other_sessions_are_ended_and_this_one(relayed, page, browse, people, account, name) -> None:
    elsewhere = await people.sign_in(relayed, account, name)
    page.expect("401 (Unauthorized)")

    def end(number):
        page.driver.find_elements("css selector", "#sessions-rows button")[number].click()
        page.press("End it")

    def look():
        sign_in(page, relayed.url, name)
        says(page, "sessions-summary", "2 times")
        assert [": this one" in row["Signed in"] for row in rows(page, "sessions")] == [True, False]
        end(1)
        says(page, "sessions-summary", "1 time.")

    await browse(look)
    assert await works(relayed, elsewhere["access_token"]) == 401

    def leave():
        end(0)
        page.says("Your session has ended")
        assert page.focused() == "wallet-title"
        assert not page.at("panels").is_displayed()
        assert page.run("return sessionStorage.length") == 0

    await browse(leave)


@pytest.mark.usefixtures("account")
async def test_topics_come_and_go_and_tell_who_is_present(relayed, page, browse, name) -> None:
    def begin():
        sign_in(page, relayed.url, name)
        says(page, "topics-summary", "Nobody on this host listens")
        return page.at("first-key-text").text

    def look():
        page.until(lambda: [row["Topic"] for row in rows(page, "topics")] == ["news"])
        assert rows(page, "topics")[0]["Subscribers at this gateway"] == "1 WebSocket"
        page.press("Who is present")
        says(page, "members-title", "Present in news")
        page.until(lambda: [row["Member"] for row in rows(page, "members")] == ["<b>ann</b>"])

    key = await browse(begin)
    async with relayed.socket("news", "&presence=true&member_id=%3Cb%3Eann%3C/b%3E", key=key):
        await browse(look)
    await browse(lambda: page.until(lambda: rows(page, "topics") == [] or rows(page, "members") == []))


@pytest.mark.usefixtures("account")
async def test_backups_are_shown_with_their_age(relayed, page, browse, rqlited, tmp_path, name) -> None:
    created = dt.datetime.now(dt.UTC) - dt.timedelta(hours=5)
    manifest = Manifest("", 4096, Content({}, ""), "", name, created)
    with Database(rqlited.http, None, tmp_path / "none") as database:
        assert told.tell(database, manifest, 86_400.0) == ""

    def look():
        sign_in(page, relayed.url, name)
        page.until(lambda: any(row["Host"] == name for row in rows(page, "backups")))
        (row,) = [row for row in rows(page, "backups") if row["Host"] == name]
        assert (row["Size"], row["Due"]) == ("4.0 KB", "every 1 d 0 h")
        assert row["Age"].startswith("5 h ")

    await browse(look)
