"""A real scrape of a real gateway: it parses, the counts are right, and nobody can make it grow."""

import asyncio
import socket
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from debros.gateway.metrics import listener
from testkit.docblocks import ROOT, shell_lines
from testkit.ports import free_port
from testkit.wallets import Ethereum

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
QUERY = "/v1/rqlite/query"
SOCKET = "/v1/pubsub/ws"


class Scraper:
    """Prometheus' part."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"

    async def scrape(self):
        async with httpx.AsyncClient(timeout=120) as client:
            answer = await client.get(self.url)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain; version=")
        families = text_string_to_metric_families(answer.text)
        return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}

    async def value(self, sample, **labels):
        return (await self.scrape()).get((sample, *sorted(labels.items())))


@pytest.fixture
def serve_metrics():
    """Serve a gateway's figures; used as a context."""

    def serve(gateway):
        port = free_port()
        return listener.serving(gateway.page, f"127.0.0.1:{port}"), Scraper(port)

    return serve


@pytest.fixture
async def scraper(gateway, serve_metrics):
    serving, scraper = serve_metrics(gateway)
    async with serving:
        await reachable(scraper)
        yield scraper


async def reachable(scraper):
    async with asyncio.timeout(120), httpx.AsyncClient() as client:
        while True:
            try:
                return await client.get(scraper.url)
            except httpx.TransportError:
                await asyncio.sleep(0.02)


async def test_counts_are_right_after_known_requests(gateway, scraper, name, eventually) -> None:
    await gateway.sql(f"CREATE TABLE {name} (n INTEGER)")
    before = await scraper.scrape()
    for n in range(3):
        await gateway.sql(f"INSERT INTO {name} VALUES (?)", n)
    assert await gateway.rows(f"SELECT n FROM {name} ORDER BY n") == [[0], [1], [2]]
    refused = await gateway.http.post(QUERY, json={"sql": "SELECT 1"}, headers={"X-API-Key": "nobody"})
    assert refused.status_code == 401
    wrong = await gateway.http.post(QUERY, json={"sql": "SELEKT 1"})
    assert wrong.status_code == 400
    assert (await gateway.http.get("/v1/apps/x")).status_code == 404
    after = await scraper.scrape()

    def grown(sample, **labels):
        key = (sample, *sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    requests = "debros_gateway_requests_total"
    assert grown(requests, route="/v1/rqlite/exec", method="POST", status="200") == 3
    assert grown(requests, route=QUERY, method="POST", status="200") == 1
    assert grown(requests, route=QUERY, method="POST", status="401") == 1
    assert grown(requests, route=QUERY, method="POST", status="400") == 1
    assert grown(requests, route="/v1/apps/{app_id}", method="GET", status="404") == 1
    assert grown("debros_gateway_request_duration_seconds_count", route=QUERY, method="POST") == 3
    assert grown("debros_gateway_response_bytes_count", route=QUERY) == 3
    assert grown("debros_gateway_problems_total", code="invalid_api_key", reason="") == 1
    assert grown("debros_gateway_problems_total", code="sql_error", reason="") == 1
    assert grown("debros_gateway_rqlite_calls_total", operation="execute", outcome="ok") >= 3
    assert after[("debros_gateway_requests_in_flight",)] == 0
    assert after[("process_open_fds",)] > 0

    async def seen_by_rqlite():  # asked once a second
        return await scraper.value("debros_rqlite_executions_total") >= before[("debros_rqlite_executions_total",)] + 3

    await eventually(seen_by_rqlite)


async def test_rqlite_and_the_node_are_shown_and_said_to_be_away(
    node, make_gateway, serve_metrics, eventually, tmp_path
) -> None:
    serving, without_node = serve_metrics(await make_gateway(p2p_socket=str(tmp_path / "none.sock")))
    async with serving:
        await reachable(without_node)
        found = await without_node.scrape()
    for source in ("rqlite_status", "rqlite_nodes", "rqlite_vars"):
        assert found[("debros_gateway_source_up", ("source", source))] == 1
    assert found[("debros_gateway_source_up", ("source", "node"))] == 0
    assert found[("debros_gateway_node_connected",)] == 0
    assert ("debros_node_peers",) not in found
    assert found[("debros_rqlite_leader_known",)] == 1
    assert found[("debros_rqlite_raft_state", ("state", "leader"))] == 1
    assert (found[("debros_rqlite_voters",)], found[("debros_rqlite_voters_reachable",)]) == (1, 1)
    assert found[("debros_rqlite_database_bytes",)] > 0
    assert found[("debros_rqlite_memory_bytes",)] > 1_000_000

    other = await make_gateway(wait=False, p2p_socket=str(node.socket), rqlite_dsn=f"http://127.0.0.1:{free_port()}")
    await eventually(lambda: other.services.p2p.connected)
    serving, away = serve_metrics(other)
    async with serving:
        await reachable(away)
        found = await away.scrape()
    for source in ("rqlite_status", "rqlite_nodes", "rqlite_vars"):
        assert found[("debros_gateway_source_up", ("source", source))] == 0
    assert found[("debros_gateway_source_up", ("source", "node"))] == 1
    assert not any(name.startswith("debros_rqlite") for name, *_ in found)
    assert found[("debros_node_replication_factor",)] == 3
    assert found[("debros_node_under_replicated",)] == 1
    assert found[("debros_gateway_rqlite_calls_total", ("operation", "status"), ("outcome", "unavailable"))] > 0


async def test_sockets_messages_and_tasks(gateway, scraper, name) -> None:
    before = await scraper.value("debros_gateway_requests_total", route=SOCKET, method="GET", status="101") or 0
    async with gateway.socket(name) as one, gateway.socket(name):
        assert await scraper.value("debros_gateway_websockets_open") == 2
        await one.send(b"x")
        await one.recv()
    found = await scraper.scrape()
    assert (
        found[("debros_gateway_requests_total", ("method", "GET"), ("route", SOCKET), ("status", "101"))] - before == 2
    )
    assert found[("debros_gateway_pubsub_published_total",)] == 1
    assert found[("debros_gateway_pubsub_delivered_total",)] == 2

    def state(task):
        return [dict(key[1:])["state"] for key, value in found.items()
                if key[0] == "debros_gateway_background_task" and ("task", task) in key and value == 1]  # fmt: skip

    assert state("prepare tables") == ["done"]
    assert state("watch tenants") == ["running"]
    assert state("audit") == ["running"]


async def test_limits_are_told_apart(make_gateway, serve_metrics) -> None:
    gateway = await make_gateway(rates={"sign_in_per_second": 1, "sign_in_burst": 1, "failures_burst": 1,
                                        "failures_per_second": 1})  # fmt: skip

    async def ask():
        await gateway.http.post("/v1/auth/refresh", json={"refresh_token": "x"}, headers={"X-API-Key": ""})
        await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": "wrong"})

    serving, scraper = serve_metrics(gateway)
    async with serving:
        await reachable(scraper)
        await asyncio.gather(*(ask() for _ in range(20)))  # one after the other may be slow enough to be allowed
        found = await scraper.scrape()
    assert found[("debros_gateway_problems_total", ("code", "rate_limited"), ("reason", "sign_in"))] >= 1
    assert found[("debros_gateway_problems_total", ("code", "rate_limited"), ("reason", "failures"))] >= 1


async def test_hundreds_of_bad_paths_add_nothing(gateway, scraper, people, name) -> None:
    """Whatever a caller chooses: paths, methods, namespaces, wallets, topics, tables."""

    chosen = f"theirs{name}"  # not in any figure by chance

    async def bad(number):
        word = f"{chosen}x{number}"
        for method, path in (
            ("GET", f"/{word}"),
            ("POST", f"/v1/{word}/query"),
            ("BREW", f"/v1/apps/{word}"),
            (f"M{number % 7}", "/health"),
            ("GET", f"/v1/namespaces/{word}/owners"),
        ):
            await gateway.http.request(method, path)
        await gateway.http.post(QUERY, json={"sql": f"SELECT * FROM {word}"})
        await gateway.http.get("/v1/auth/whoami", headers={"X-API-Key": word})

    await people.sign_in(gateway, Ethereum(), f"{chosen}first")
    await bad(-1)
    await scraper.scrape()
    series = set(await scraper.scrape())
    for start in range(0, 300, 50):
        await asyncio.gather(*(bad(number) for number in range(start, start + 50)))
    await people.sign_in(gateway, Ethereum(), f"{chosen}second")
    text = await scraper.scrape()
    # Too many wrong keys are limited: a new code, and no more than that.
    new = {key for key in set(text) - series if ("code", "rate_limited") not in key and ("status", "429") not in key}
    assert not new
    assert chosen not in str(text)
    total = [
        value
        for key, value in text.items()
        if key[0] == "debros_gateway_requests_total" and ("route", "unmatched") in key
    ]
    assert sum(total) >= 602  # two a round, and none was forgotten


async def test_what_is_shown_has_the_labels_that_are_documented(gateway, scraper, relayed) -> None:
    await gateway.http.post(QUERY, json={"sql": "SELEKT"})
    found = await scraper.scrape()
    del relayed
    for name, *labels in found:
        base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        base = base if f"`{base}" in PAGE else name
        names = sorted(label for label, _ in labels if label != "le")
        rows = [word for word in PAGE.split("`") if word == base or word.startswith(base + "{")]
        assert rows, name
        assert sorted(rows[0].partition("{")[2].removesuffix("}").split(",")) == (names or [""]), name


async def test_openmetrics_when_it_is_asked_for_and_nothing_else_there(gateway, scraper) -> None:
    await gateway.http.get("/health")
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    async with httpx.AsyncClient(timeout=120) as client:
        answer = await client.get(scraper.url, headers=accept)
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert list(openmetrics_families(answer.text))
        for path in ("/", "/health", "/metrics/", "/v1/status"):
            assert (await client.get(scraper.url.removesuffix("/metrics") + path)).status_code == 404
        assert (await client.post(scraper.url)).status_code == 405
    assert (await gateway.http.get("/metrics")).status_code == 404


async def test_a_taken_address_is_waited_for_and_the_api_serves_meanwhile(gateway, monkeypatch) -> None:
    monkeypatch.setattr(listener, "_AGAIN", 0.05)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        serving = listener.serving(gateway.page, f"127.0.0.1:{port}")
        async with serving:
            assert (await gateway.http.get("/livez")).status_code == 200
            taken.close()
            await reachable(Scraper(port))
    async with listener.serving(gateway.page, f"127.0.0.1:{port}"):
        await reachable(Scraper(port))  # the address was given back


async def test_the_command_of_the_page_shows_them(scraper) -> None:
    (command,) = shell_lines(ROOT / "docs" / "metrics.md")
    assert command == "curl -s localhost:8001/metrics"
    process = await asyncio.create_subprocess_exec(
        *command.replace("localhost:8001/metrics", scraper.url).split(),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert b"debros_gateway_info{" in out
