"""The console on screens of several sizes, with something in every panel."""

import datetime as dt

import pytest
from selenium.webdriver.common.keys import Keys

from debros.hosts.database import Database
from debros.hosts.snapshots import told
from debros.hosts.snapshots.digest import Content
from debros.hosts.snapshots.manifest import Manifest
from testkit.consolepage import rows, says, sign_in
from testkit.injected import Injected
from testkit.looks import SIZES, fits, named
from testkit.wallets import Ethereum

TABLES = [
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, amount INTEGER, note TEXT, made_at TEXT)",
    "CREATE VIEW large_orders AS SELECT id, customer FROM orders WHERE amount > 1000",
    "INSERT INTO orders VALUES (1, 'Ann', 9223372036854775807, NULL, '2026-01-02 03:04:05')",
    "INSERT INTO orders VALUES (2, 'a customer with quite a long name that goes on and on', 12, 'ready', '2026-01-02')",
]


@pytest.fixture
async def furnished(relayed, people, rqlited, tmp_path, name):
    """An owner with tables, keys and backups."""
    account = Ethereum()
    headers = {"X-API-Key": (await people.sign_in(relayed, account, name))["access_token"]}
    for sql in TABLES:
        assert (await relayed.http.post("/v1/rqlite/exec", json={"sql": sql}, headers=headers)).status_code == 200
    await relayed.http.post("/v1/auth/api-key", json={"name": "backend of the shop"}, headers=headers)
    with Database(rqlited.http, None, tmp_path / "none") as database:
        for host, hours in ((f"{name}-n1", 30), (f"{name}-n2", 5)):
            created = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
            manifest = Manifest("", 12_345_678, Content({}, ""), "", host, created)
            assert told.tell(database, manifest, 86_400.0) == ""
    return account


async def test_it_fits_and_speaks(relayed, page, browse, furnished, name) -> None:
    Injected(page, furnished)

    def look(width, height, dark):
        kind = f"console-{width}-{'dark' if dark else 'light'}"
        page.size(width, height, dark=dark)
        page.get(f"{relayed.url}/console")
        page.button("Test Wallet")
        fits(page)
        assert {"heading Sign in with a wallet", "textbox Namespace", "textbox API key"} <= set(named(page))
        page.photograph(f"{kind}-1-entry")
        sign_in(page, relayed.url, name)
        says(page, "health-database", "ok")
        page.until(lambda: all(rows(page, panel) for panel in ("nodes", "backups", "tables", "keys", "sessions")))
        page.at("sql").send_keys("SELECT * FROM orders")
        page.press("Run")
        says(page, "query-said", "2 rows.")
        fits(page)
        heard = set(named(page))
        assert {"navigation Sections", "table Nodes", "table API keys", "textbox SQL, one statement"} <= heard
        assert {"checkbox Allow writes", "combobox Rows shown", "region Result"} <= heard
        page.run("scrollTo(0, 0)")  # what sticks to the top is where it belongs
        page.photograph(f"{kind}-2-panels")
        page.press("Revoke")
        page.until(lambda: page.at("ask").is_displayed())
        assert any(one.startswith("dialog Revoke the key") for one in named(page))
        page.photograph(f"{kind}-3-ask")
        page.press("Cancel")
        page.press("Sign out")
        page.until(lambda: page.at("wallet-title").is_displayed())

    for width, height in SIZES:
        for dark in (False, True):
            await browse(lambda size=(width, height, dark): look(*size))


async def test_a_keyboard_alone_will_do(relayed, page, browse, furnished, name) -> None:
    Injected(page, furnished)

    def go():
        sign_in(page, relayed.url, name)
        page.get(f"{relayed.url}/console")
        page.until(lambda: page.at("panels").is_displayed())
        assert page.tab() == "Skip to the content"
        page.enter()
        page.until(lambda: page.focused() == "main")
        page.at("sql").send_keys("SELECT 1 AS one")
        page.at("sql").send_keys(Keys.CONTROL, Keys.ENTER)
        says(page, "query-said", "1 row.")
        page.run("document.getElementById('make-key').focus()")
        page.tab(back=True)
        page.keys("ci\ue007")
        page.until(lambda: page.focused() == "new-key-title")

    await browse(go)


async def test_what_refreshes_leaves_selection_and_focus_alone(relayed, page, browse, furnished, name) -> None:
    Injected(page, furnished)

    def look():
        sign_in(page, relayed.url, name)
        page.until(lambda: rows(page, "keys"))
        page.run(
            "const row = document.querySelector('#keys-rows tr');"
            "getSelection().selectAllChildren(row.cells[1]); row.querySelector('button').focus();"
            "window.held = [row, getSelection().toString(), document.activeElement]"
        )
        for _ in range(3):
            page.run("document.getElementById('refresh').click()")
            says(page, "updated", "just now")
        assert page.run(
            "const [row, text, focused] = window.held; return row.isConnected && getSelection().toString() === text"
            " && text !== '' && document.activeElement === focused"
        )

    await browse(look)
