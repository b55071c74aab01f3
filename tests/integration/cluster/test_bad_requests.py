"""Ten thousand bad requests: each a 4xx that helps, and the gateway's memory stays where it was."""

import base64
from collections import Counter

import httpx
import psutil
import pytest

pytestmark = pytest.mark.cluster

OVER_ONE_MIB = base64.b64encode(bytes((1 << 20) + 1)).decode()
TWENTY_MB = bytes(20 * 1024 * 1024)

BAD: list[tuple[str, str, dict[str, object]]] = [
    ("not JSON", "/v1/rqlite/exec", {"content": b"{not json"}),
    ("wrong type", "/v1/rqlite/exec", {"json": {"sql": 5}}),
    ("unknown table", "/v1/rqlite/query", {"json": {"sql": "SELECT * FROM nowhere"}}),
    ("syntax error", "/v1/rqlite/exec", {"json": {"sql": "INSERT INSERT"}}),
    ("invalid base64", "/v1/pubsub/publish", {"json": {"topic": "t", "data_base64": "***"}}),
    ("long topic", "/v1/pubsub/publish", {"json": {"topic": "t" * 10_000, "data_base64": ""}}),
    ("no such route", "/v1/nowhere", {"json": {}}),
    ("empty body", "/v1/rqlite/transaction", {"content": b""}),
    ("big message", "/v1/pubsub/publish", {"json": {"topic": "t", "data_base64": OVER_ONE_MIB}}),
]


def post(client: httpx.Client, path: str, what: dict[str, object]) -> httpx.Response:
    return client.post(path, **what)


@pytest.mark.parametrize(("name", "path", "what"), BAD, ids=[name for name, _, _ in BAD])
def test_a_bad_request_is_answered_with_help(cluster, name: str, path: str, what: dict[str, object]) -> None:
    answer = post(cluster.gateway(1), path, what)
    assert 400 <= answer.status_code < 500, name
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(problem["error"]) > 10
    assert problem["code"]
    assert problem["status"] == answer.status_code


def test_a_body_of_20_mb_is_refused(cluster) -> None:
    answer = cluster.gateway(1).post("/v1/rqlite/exec", content=TWENTY_MB)
    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["code"] == "body_too_large"
    assert cluster.gateway(1).get("/livez").status_code == httpx.codes.OK


def test_memory_stays_flat_over_ten_thousand_bad_requests(cluster) -> None:
    gateway = psutil.Process(cluster.pid("host1/gateway"))
    cheap = [case for case in BAD if case[0] != "big message"]
    seen: Counter[int] = Counter()

    def flood(count: int) -> int:
        for n in range(count):
            _, path, what = cheap[n % len(cheap)]
            seen[post(cluster.gateway(1), path, what).status_code] += 1
            if n % 1000 == 0:
                seen[cluster.gateway(1).post("/v1/rqlite/exec", content=TWENTY_MB).status_code] += 1
        return gateway.memory_info().rss

    warm = flood(2000)  # caches, pools and the allocator's arenas have their size by now
    after = flood(10_000)
    assert all(400 <= status < 500 for status in seen), seen
    assert after - warm < 8 * 1024 * 1024, f"grew from {warm} to {after} bytes"
