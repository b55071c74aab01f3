"""Every described operation, asked with what schemathesis makes of its description: right and wrong, with and without
a credential. No answer is a defect of ours, and each is as it is described."""

import asyncio
import contextlib
import json
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from testkit import described

# The gateway runs in another thread of this process; what is random there (the import of a library is enough) looks to
# Hypothesis as if the strategies were, when it happens while an example is drawn.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)

# Of each operation, kind of input and credential; more of them find more: DEBROS_EXAMPLES=200.
_EXAMPLES = int(os.environ.get("DEBROS_EXAMPLES", "4"))
_EXAMPLES_STRANGER = 2  # most end at the door
_TIMEOUT = 60  # seconds
# It refuses what it cannot do at the moment; a database that is there never makes it say more than this.
_AWAY = {"node_unavailable", "relay_unavailable"}
_HEALTH = {"/health", "/v1/health", "/readyz"}
OPERATIONS = [
    (method.upper(), path) for path, methods in described.schema().raw_schema["paths"].items() for method in methods
]


@pytest.fixture
async def open_gateway(make_gateway):
    """A gateway that refuses nobody for asking too often."""
    plenty = {"per_second": 1_000_000, "burst": 1_000_000}
    rates = {f"{name}_{what}": value for name in ("requests", "sign_in", "failures") for what, value in plenty.items()}
    keys = [{"key": "ak_operator", "namespace": "default", "scope": "admin"}]  # may everything
    patience = {"relay_timeout": "200ms"}  # there is no node to wait for
    return await make_gateway(rates=rates, api_keys=keys, pubsub=patience)


def ask(url: str, method: str, path: str, mode: GenerationMode, key: str) -> int:
    """Ask one operation with generated requests; return how many there were."""
    asked = 0
    operation = described.schema()[path][method]

    @settings(
        max_examples=_EXAMPLES if key else _EXAMPLES_STRANGER,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def once(case) -> None:
        nonlocal asked
        asked += 1
        credential = {"X-API-Key": key, "Authorization": ""}
        response = case.call(base_url=url, headers=credential, timeout=_TIMEOUT)
        told = json.loads(response.content) if "json" in response.headers.get("content-type", [""])[0] else {}
        if response.status_code >= 500:
            assert response.status_code == 503, (response.status_code, told)
            assert path in _HEALTH or told["code"] in _AWAY, told
        if not key and operation.definition.raw["security"] and {} not in operation.definition.raw["security"]:
            assert response.status_code in {401, 404, 405}, (response.status_code, told)
        if response.status_code not in {404, 405} or told["code"] not in {"not_found", "method_not_allowed"}:
            case.validate_response(response, checks=described.CHECKS)

    with contextlib.suppress(Unsatisfiable):  # what takes nothing cannot be given anything wrong
        once()
    return asked


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("credential", ["good", "none"])
async def test_every_operation_answers_as_it_is_described(open_gateway, mode, credential) -> None:
    key = open_gateway.config.api_keys[0].key if credential == "good" else ""
    asked = 0
    for method, path in OPERATIONS:
        try:
            asked += await asyncio.to_thread(ask, open_gateway.url, method, path, mode, key)
        except BaseException as error:
            error.add_note(f"{method} {path}")
            raise
    assert asked > len(OPERATIONS)
