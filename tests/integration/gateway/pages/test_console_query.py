"""The console's tables, and its query box: reads, and writes only for who has allowed them."""

import pytest
from selenium.webdriver.support.select import Select

from testkit.consolepage import rows, says, sign_in
from testkit.injected import Injected
from testkit.wallets import Ethereum

LARGE = 2**63 - 1


@pytest.fixture
async def owner(relayed, people, name):
    """Somebody who owns a namespace with a table in it."""
    account = Ethereum()
    headers = {"X-API-Key": (await people.sign_in(relayed, account, name))["access_token"]}
    for sql, args in (
        ("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, big INTEGER)", []),
        ("INSERT INTO people VALUES (1, ?, ?), (2, 'Bob', NULL)", ["<b>Ann</b>", LARGE]),
    ):
        answer = await relayed.http.post("/v1/rqlite/exec", json={"sql": sql, "args": args}, headers=headers)
        assert answer.status_code == 200, answer.text

    async def count() -> int:
        sql = {"sql": "SELECT count(*) FROM people"}
        return (await relayed.http.post("/v1/rqlite/query", json=sql, headers=headers)).json()["rows"][0][0]

    account.count = count
    return account


def run(page, sql):
    page.at("sql").clear()
    page.at("sql").send_keys(sql)
    page.press("Run")


def result(page):
    return page.run(
        "return [...document.querySelectorAll('#result tr')].map((row) => [...row.cells].map((one) => one.textContent))"
    )


async def test_tables_are_seen_and_read(relayed, page, browse, owner, name) -> None:
    Injected(page, owner)
    page.expect("400 (Bad Request)")

    def look():
        sign_in(page, relayed.url, name)
        says(page, "tables-summary", "1 table, 0 views.")
        (table,) = rows(page, "tables")
        assert (table["Name"], table["Kind"]) == ("people", "table")
        assert table["Columns"] == "id INTEGER KEY, name TEXT NOT NULL, big INTEGER"
        page.press("Look inside")
        assert page.focused() == "sql"
        page.press("Run")
        says(page, "query-said", "2 rows. Read at level weak.")
        assert result(page) == [["id", "name", "big"], ["1", "<b>Ann</b>", str(LARGE)], ["2", "Bob", "NULL"]]
        assert page.run("return document.querySelectorAll('#result b').length") == 0
        Select(page.at("level")).select_by_value("strong")
        Select(page.at("most")).select_by_visible_text("50")
        run(page, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT i FROM n")
        says(page, "query-said", "60 rows, the first 50 are shown. Read at level strong.")
        assert len(result(page)) == 51
        run(page, "SELECT missing FROM people")
        says(page, "query-trouble", "no such column: missing")
        assert not page.at("result").is_displayed()
        run(page, "SELECT * FROM strangers")
        says(page, "query-trouble", "no such table: strangers")

    await browse(look)


async def test_a_write_has_to_be_allowed_first(relayed, page, browse, owner, name) -> None:
    Injected(page, owner)
    page.expect("400 (Bad Request)")

    def refused():
        sign_in(page, relayed.url, name)
        run(page, "INSERT INTO people (name) VALUES ('Eve')")
        says(page, "query-trouble", "nothing was changed")

    def allowed():
        page.at("writes").click()
        assert page.at("run").text == "Run, writes allowed"
        page.press("Run")
        says(page, "query-said", "Written: 1 row changed. Last id: 3.")
        run(page, "DELETE FROM people WHERE id < 3")
        says(page, "query-said", "Written: 2 rows changed.")
        assert not page.at("result").is_displayed()
        run(page, "CREATE TABLE made (x)")
        page.until(lambda: [row["Name"] for row in rows(page, "tables")] == ["made", "people"])
        page.press("Sign out")
        page.until(lambda: page.at("wallet-title").is_displayed())
        return page.run("return [document.getElementById('sql').value, document.getElementById('writes').checked]")

    await browse(refused)
    assert await owner.count() == 2
    assert await browse(allowed) == ["", False]
    assert await owner.count() == 1


async def test_a_write_whose_answer_was_lost_is_made_once(relayed, page, browse, owner, name) -> None:
    """The page's fetch loses the answer after the gateway has written: the second run repeats it harmlessly."""
    Injected(page, owner)
    page.expect("400 (Bad Request)")
    lose = """
        const real = window.fetch;
        let once = true;
        window.fetch = async (...args) => {
          const answer = await real(...args);
          if (once && String(args[0]).endsWith("/exec")) { once = false; throw new TypeError("lost"); }
          return answer;
        };
    """

    def write_twice():
        sign_in(page, relayed.url, name)
        page.at("writes").click()
        page.run(lose)
        run(page, "INSERT INTO people (name) VALUES ('Zoe')")
        says(page, "query-trouble", "nobody knows yet whether it was written")
        page.press("Run")
        says(page, "query-said", "Written: 1 row changed. Last id: 3.")

    await browse(write_twice)
    assert await owner.count() == 3
