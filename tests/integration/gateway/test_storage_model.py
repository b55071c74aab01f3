"""Storage against a model: a dict of what each key holds and until when, and a real rqlited that has to agree."""

import asyncio
import itertools
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from debros.clock import now_ms
from debros.rqlite import migrate
from debros.rqlite.client import RqliteClient
from debros.rqlite.health import wait_ready
from debros.rqlite.writes import QueueLimits, Writes
from debros.tenants.capacity import Capacity
from debros.tenants.errors import ConditionFailed, KeyNotFound
from debros.tenants.storage import Conditions, Expiry, Storage, Tags

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"
_numbers = itertools.count()

# Few keys, so that they meet again; neighbours of each other in every order a database might confuse.
KEYS = st.sampled_from(["a", "A", "a%", "\U0010ffff"])
PREFIXES = st.sampled_from(["", "a", "a%", "a_", "\U0010ffff"])
VALUES = st.one_of(st.binary(max_size=40), st.just(bytes(9000)))  # the latter does not fit into one page
TTLS = st.sampled_from([None, 1, 50, 1000, 100_000])
TYPES = st.sampled_from(["", "text/plain"])
HOMES = ("one", "one-more")
LIMITS = QueueLimits(batch=128, batch_bytes=500_000, waiting=1000, waiting_bytes=10_000_000, share=100)
NAMESPACES = st.sampled_from([*HOMES[:1] * 3, *HOMES])


class Held(NamedTuple):
    value: bytes
    content_type: str
    version: str
    expires_at: int | None


class Clock:
    def __init__(self) -> None:
        self.now = now_ms()

    def __call__(self) -> int:
        return self.now


class Model(RuleBasedStateMachine):
    """Two gateways' storages in turn; `url` is set by the test."""

    url = ""

    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.marker = f"m{next(_numbers)}"  # this run's namespaces: others were here before
        self.held: dict[tuple[str, str], Held] = {}
        self.versions = ["nobody's"]
        self.turn = itertools.cycle(range(2))
        self.runner.run(self._open())

    async def _open(self) -> None:
        self.clients = [RqliteClient([self.url]) for _ in range(2)]
        for client in self.clients:
            await client.__aenter__()
        self.writes = [Writes(client, LIMITS, timeout=10) for client in self.clients]
        self.storages = [
            Storage(
                client,
                writes,
                max_key_bytes=100,
                max_value_bytes=10_000,
                ready=lambda: True,
                capacity=Capacity(client, 0),
                clock=self.clock,
            )
            for client, writes in zip(self.clients, self.writes, strict=True)
        ]

    def teardown(self) -> None:
        async def close() -> None:
            for writes in self.writes:
                await writes.close()
            for client in self.clients:
                await client.__aexit__(None, None, None)

        if hasattr(self, "clients"):
            self.runner.run(close())
            self.runner.close()

    def _do(self, method: str, namespace: str, *args, **options):
        """Return the answer, or the kind of the refusal."""
        call = getattr(self.storages[next(self.turn)], method)
        try:
            return self.runner.run(call(f"{self.marker}{namespace}", *args, **options))
        except (ConditionFailed, KeyNotFound) as error:
            return type(error)

    def _live(self, namespace: str, key: str) -> Held | None:
        held = self.held.get((namespace, key))
        return held if held and (held.expires_at is None or held.expires_at > self.clock.now) else None

    def _conditions(self, data: st.DataObject, namespace: str, key: str) -> Conditions:
        """Draw conditions; `current` is the last version, also when its value is over and counts no more."""
        held = self.held.get((namespace, key))
        current = [held.version] if held else []
        old = data.draw(st.sampled_from(self.versions))
        kinds = {
            "none": None,
            "every": Tags(every=True),
            "current": Tags(tuple(current)),
            "old": Tags((old,)),
            "mixed": Tags((old, "x'; --", *current)),
            "no tag": Tags(),
        }
        drawn = st.sampled_from(["none", "none", "none", "every", "current", "current", "old", "mixed", "no tag"])
        return Conditions(kinds[data.draw(drawn)], kinds[data.draw(drawn)])

    @staticmethod
    def _named(tags: Tags, held: Held | None) -> bool:
        return held is not None and (tags.every or held.version in tags.versions)

    def _may(self, conditions: Conditions, held: Held | None) -> bool:
        match, none_match = conditions
        return (match is None or self._named(match, held)) and not (
            none_match is not None and self._named(none_match, held)
        )

    @rule(namespace=NAMESPACES, key=KEYS, value=VALUES, ttl=TTLS, content_type=TYPES, data=st.data())
    def put(self, namespace, key, value, ttl, content_type, data) -> None:
        held = self._live(namespace, key)
        conditions = self._conditions(data, namespace, key)
        done = self._do("put", namespace, key, value, content_type=content_type, ttl=ttl, conditions=conditions)
        if not self._may(conditions, held):
            assert done is ConditionFailed
            return
        end = None if ttl is None else self.clock.now + ttl
        assert done.expires_at == end
        assert done.version not in self.versions
        self.versions.append(done.version)
        self.held[namespace, key] = Held(value, content_type, done.version, end)

    @rule(namespace=NAMESPACES, key=KEYS, data=st.data())
    def delete(self, namespace, key, data) -> None:
        held = self._live(namespace, key)
        conditions = self._conditions(data, namespace, key)
        done = self._do("delete", namespace, key, conditions)
        if self._may(conditions, held):
            assert done is None
            self.held.pop((namespace, key), None)
        else:
            assert done is ConditionFailed

    @rule(namespace=NAMESPACES, key=KEYS, data=st.data())
    def get(self, namespace, key, data) -> None:
        held = self._live(namespace, key)
        conditions = self._conditions(data, namespace, key)
        found = self._do("get", namespace, key, conditions)
        if held is None:
            assert found is KeyNotFound
        elif conditions.match is not None and not self._named(conditions.match, held):
            assert found is ConditionFailed
        elif conditions.none_match is not None and self._named(conditions.none_match, held):
            assert tuple(found) == tuple(held._replace(value=None))
        else:
            assert tuple(found) == tuple(held)

    @invariant()
    def the_same_keys_are_there(self) -> None:
        for namespace in HOMES:
            wanted = sorted((key for home, key in self.held if home == namespace), key=str.encode)
            page = self._do("list", namespace, "", 100)
            assert page.keys == [key for key in wanted if self._live(namespace, key)]

    @rule(namespace=NAMESPACES, key=KEYS)
    def exists(self, namespace, key) -> None:
        assert self._do("exists", namespace, key) == (self._live(namespace, key) is not None)

    @rule(namespace=NAMESPACES, prefix=PREFIXES, size=st.integers(1, 4))
    def list_all(self, namespace, prefix, size) -> None:
        wanted = sorted(
            (key for home, key in self.held if home == namespace and key.startswith(prefix)), key=str.encode
        )
        found, after = [], ""
        while True:
            page = self._do("list", namespace, prefix, size, after)
            assert len(page.keys) == size or page.last is None
            found += page.keys
            if page.last is None:
                break
            after = page.last
        assert found == [key for key in wanted if self._live(namespace, key)]

    @rule(data=st.data(), around=st.sampled_from([-1, 0, 1]))
    def wait_for_an_end(self, data, around) -> None:
        ends = sorted(
            {held.expires_at for held in self.held.values() if held.expires_at and held.expires_at > self.clock.now}
        )
        if ends:
            self.clock.now = max(self.clock.now, data.draw(st.sampled_from(ends)) + around)

    @rule()
    def wait_long(self) -> None:
        self.clock.now += 100_000

    @rule()
    def sweep(self) -> None:
        expiry = Expiry(self.clients[next(self.turn)], ready=lambda: True, clock=self.clock)
        while self.runner.run(expiry.sweep()):
            pass


@pytest.fixture(scope="module")
def prepared(rqlited) -> str:
    """Return the address of a database with the gateway's tables."""

    async def prepare() -> None:
        async with RqliteClient([rqlited.url]) as client:
            await wait_ready(client, 120)
            await migrate.apply(client, migrate.load_directory(MIGRATIONS))

    asyncio.run(prepare())
    return rqlited.url


def test_storage_does_what_a_dict_would(prepared: str) -> None:
    machine = type("Model", (Model,), {"url": prepared})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
