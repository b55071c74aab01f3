"""The commands of docs/sql.md, run in its order against a real gateway."""

import json

import pytest

from testkit.documents import run_commands


async def test_every_command_works(make_gateway, own_keys, tmp_path) -> None:
    gateway = await make_gateway(api_keys=own_keys)
    env = {"KEY": gateway.http.headers["X-API-Key"]}
    created, inserted, exact, as_text, together, *parts = await run_commands("sql.md", gateway.port, tmp_path, env)
    assert created == '{"status":"ok"}'
    assert '"rows_affected":1' in inserted
    assert json.loads(exact)["rows"] == [["bread", 2**53 + 1, "iVBORw=="]]
    assert json.loads(as_text)["rows"] == [[str(2**53 + 1)]]
    assert [one.get("rows_affected") or one["rows"] for one in json.loads(together)["results"]] == [1, 1, [[2]]]
    users, added, found, selected = parts
    assert users == '{"status":"ok"}'
    assert '"rows_affected":2' in added
    assert found == '{"id":1,"email":"ann@example.com"}'
    assert selected == '{"n":1,"items":[{"n":1}]}'


async def test_foreign_keys_are_kept_and_not_enforced(gateway, name) -> None:
    await gateway.sql(f"CREATE TABLE {name}_shelf (id INTEGER PRIMARY KEY)")
    await gateway.sql(f"CREATE TABLE {name}_book (shelf INTEGER REFERENCES {name}_shelf(id) ON DELETE CASCADE)")
    await gateway.sql(f"INSERT INTO {name}_book VALUES (99)")
    assert await gateway.rows(f"SELECT shelf FROM {name}_book") == [[99]]
    assert await gateway.rows(f"SELECT \"table\" FROM pragma_foreign_key_list('{name}_book')") == [[f"{name}_shelf"]]


@pytest.mark.parametrize(
    ("sql", "shown"), [("SELECT 1.0 AS v", 1), ("SELECT NULL AS v", None), ("SELECT CAST('a' AS TEXT) AS v", "a")]
)
async def test_values_come_as_the_table_says(gateway, sql, shown) -> None:
    assert await gateway.rows(sql) == [[shown]]


async def test_infinity_is_refused(gateway) -> None:
    answer = await gateway.http.post("/v1/rqlite/query", json={"sql": "SELECT 1e400"})
    assert (answer.status_code, answer.json()["code"]) == (400, "sql_error")
