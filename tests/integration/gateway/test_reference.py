"""The API's description, as a running gateway gives it out."""

from pathlib import Path

import yaml

from debros.gateway.openapi.page import POLICY

KEPT = yaml.safe_load((Path(__file__).parents[3] / "openapi" / "gateway.yaml").read_text())


async def test_everybody_gets_the_document_that_is_kept(gateway) -> None:
    answer = await gateway.http.get("/openapi.json", headers={"X-API-Key": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == KEPT


async def test_everybody_gets_the_page_under_its_own_policy(gateway) -> None:
    answer = await gateway.http.get("/docs", headers={"X-API-Key": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "/v1/rqlite/query" in answer.text


async def test_other_methods_are_refused(gateway) -> None:
    for path in ("/openapi.json", "/docs"):
        answer = await gateway.http.post(path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
