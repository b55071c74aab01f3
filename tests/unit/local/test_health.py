from pathlib import Path
from typing import Any

import pytest

from debros.local import health
from debros.local.errors import LocalError
from debros.local.layout import Layout
from debros.supervise import ProcessIdentity

NAMES = ["host1/rqlited", "host1/node", "host1/gateway"]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.logs.mkdir()
    return layout


@pytest.fixture
def world(monkeypatch) -> dict[str, Any]:
    """Return what the waiting will find; a test changes it."""
    world: dict[str, Any] = {
        "answers": dict.fromkeys(NAMES, True),
        "states": dict.fromkeys(NAMES, "ready"),
        "supervisor": ProcessIdentity(1, 1),
    }

    async def answers(_: object) -> dict[str, bool]:
        return world["answers"]

    def status(_: object) -> dict[str, Any]:
        last = {"code": 1, "at": 0}
        return {"processes": [{"name": n, "state": s, "last_exit": last} for n, s in world["states"].items()]}

    monkeypatch.setattr(health, "answers", answers)
    monkeypatch.setattr(health.running, "status", status)
    monkeypatch.setattr(health.running, "supervisor", lambda _: world["supervisor"])
    return world


async def wait(layout: Layout) -> dict[str, str]:
    shown: dict[str, str] = {}
    await health.wait(layout, [layout.host(1)], timeout=0, show=shown.__setitem__)
    return shown


@pytest.mark.usefixtures("world")
async def test_all_answer(layout: Layout) -> None:
    assert await wait(layout) == dict.fromkeys(NAMES, "ready")


async def test_a_process_that_fails_for_good_is_named_with_the_end_of_its_log(layout: Layout, world) -> None:
    world["states"] = {"host1/rqlited": "ready", "host1/node": "failed", "host1/gateway": "waiting"}
    questions = "request path=/health status=503\n" * 30  # our own, which explain nothing
    layout.log("host1/node").write_text("".join(f"line {n}\n" for n in range(100)) + questions)
    with pytest.raises(LocalError) as raised:
        await wait(layout)
    first, *rest = str(raised.value).splitlines()
    assert first == (
        "host1/node exits with code 1 before it is ready, again and again. "
        f"The end of its log, {layout.logs}/host1-node.log:"
    )
    assert [line.strip() for line in rest] == [f"line {n}" for n in range(85, 100)]


async def test_a_process_that_is_not_ready_in_time(layout: Layout, world) -> None:
    world["answers"]["host1/gateway"] = False
    with pytest.raises(
        LocalError, match=r"host1/gateway is not ready after 0 s\. Its log is empty: .*host1-gateway.log"
    ):
        await wait(layout)


async def test_a_process_the_supervisor_does_not_know_yet(layout: Layout, world) -> None:
    del world["states"]["host1/gateway"]
    with pytest.raises(LocalError, match="host1/gateway is not ready after 0 s"):
        await wait(layout)


async def test_a_supervisor_that_ended(layout: Layout, world) -> None:
    world["answers"]["host1/gateway"] = False
    world["supervisor"] = None
    layout.log("supervisor").write_text("out of memory\n")
    with pytest.raises(LocalError, match=r"The supervisor ended by itself\.(.|\n)*out of memory"):
        await wait(layout)


def test_the_tail_of_a_long_log(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x" * 200_000 + "\nlast\n")
    assert health.tail(tmp_path / "a", 1) == ["last"]
    assert health.tail(tmp_path / "missing", 1) == []
