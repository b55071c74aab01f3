"""The check that every integration test's answers pass sees what is not described."""

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from schemathesis.core.failures import FailureGroup

from testkit import described

VERSION = {"version": "1", "commit": "", "build_time": "", "started_at": "", "uptime": 1.0}
PROBLEM = dict.fromkeys(("type", "title", "detail", "instance", "error"), "") | {"status": 429, "code": "rate_limited"}


def answer(body: Any, status: int = 200, kind: str = "application/json", path: str = "/v1/version") -> httpx.Response:
    request = httpx.Request("GET", f"http://localhost{path}")
    response = httpx.Response(status, json=body, headers={"Content-Type": kind}, request=request)
    response.elapsed = timedelta(0)
    return response


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch) -> None:
    monkeypatch.setattr(described, "_seen", Counter())


async def test_what_is_described_passes() -> None:
    await described.hold(answer(VERSION))
    await described.hold(answer(PROBLEM, 429, "application/problem+json"))
    await described.hold(answer({"status": "ok", "app_id": "x"}, 200, path="/nowhere"))


@pytest.mark.parametrize(
    "wrong",
    [
        answer(VERSION | {"more": 1}),
        answer({}),
        answer(VERSION, 299),
        answer(VERSION, kind="text/plain"),
        answer(PROBLEM | {"code": "sql_error"}, 429, "application/problem+json"),
        answer({}, path="/v1/apps/app_1"),
    ],
    ids=["a member too many", "members missing", "status", "content type", "code", "template"],
)
async def test_what_is_not_described_is_seen(wrong) -> None:
    with pytest.raises(FailureGroup):
        await described.hold(wrong)
