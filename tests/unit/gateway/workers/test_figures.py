from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

from debros.gateway.workers.figures import families, merged


def worker(number: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    asked = Counter("asked", "What was asked.", ("route",), registry=registry)
    asked.labels("/a").inc(number)
    asked.labels(f"/only-{number}").inc()
    lasted = Histogram("lasted", "How long.", buckets=(1, 2), registry=registry)
    lasted.observe(number)
    Gauge("waiting", "Who waits.", registry=registry).set(number)
    Gauge("debros_gateway_presence_members", "Everywhere.", registry=registry).set(10 + number)
    Gauge("debros_gateway_node_connected", "1 when.", registry=registry).set(number - 1)
    Gauge("debros_gateway_background_task", "1 for.", ("state",), registry=registry).labels("failed").set(1)
    Gauge("debros_rqlite_voters", "Voters.", registry=registry).set(3 * number)
    Gauge("process_start_time_seconds", "Start.", registry=registry).set(100 + number)
    return registry


def page(*told) -> dict[str, float]:
    registry = CollectorRegistry()

    class Collected:
        def collect(self):
            return merged(told)

    registry.register(Collected())
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_what_workers_count_is_one_gateways() -> None:
    found = page(families(worker(1).collect(), upstream=True), families(worker(2).collect(), upstream=False))
    expected = {
        'asked_total{route="/a"}': 3,
        'asked_total{route="/only-1"}': 1,
        'debros_gateway_background_task{state="failed"}': 1,  # the documented alert asks for that
        'asked_total{route="/only-2"}': 1,
        'lasted_bucket{le="1.0"}': 1,
        'lasted_bucket{le="2.0"}': 2,
        'lasted_bucket{le="+Inf"}': 2,
        "lasted_count": 2,
        "lasted_sum": 3,
        "waiting": 3,
        "debros_gateway_presence_members": 12,
        "debros_gateway_node_connected": 0,
        "debros_rqlite_voters": 3,
        "process_start_time_seconds": 101,
    }
    assert {name: value for name, value in found.items() if not name.endswith("_created")} == expected


def test_the_page_of_one_worker_is_the_same_as_its_own() -> None:
    registry = worker(1)
    own = {
        name: float(value)
        for name, _, value in (
            line.rpartition(" ") for line in generate_latest(registry).decode().splitlines() if line[0] != "#"
        )
    }
    assert page(families(registry.collect(), upstream=True)) == own
