import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator

import pytest

from debros.supervise import Backoff, ProcessIdentity, State, Supervisor, identify, is_running, keeper


@contextlib.asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[Supervisor]:
    task = asyncio.create_task(supervisor.run(handle_signals=False))
    try:
        yield supervisor
    finally:
        supervisor.stop()
        await task


def state(supervisor: Supervisor, name: str) -> State:
    return next(s.state for s in supervisor.status() if s.name == name)


async def test_a_process_starts_is_ready_and_stops(workshop) -> None:
    supervisor = Supervisor([workshop.witness("one")])
    async with running(supervisor):
        await workshop.until(lambda: workshop.lines() == ["started one"])
        status = supervisor.status()[0]
        assert status.state is State.READY
        assert identify(status.pid) == ProcessIdentity(status.pid, status.start_time)
    assert workshop.lines() == ["started one", "stopped one"]
    status = supervisor.status()[0]
    assert (status.state, status.pid, status.restarts, status.last_exit.code) == (State.STOPPED, None, 0, 0)


async def test_a_killed_process_is_started_again(workshop) -> None:
    supervisor = Supervisor([workshop.witness("one")])
    async with running(supervisor):
        await workshop.until(lambda: workshop.lines() == ["started one"])
        first = supervisor.status()[0].pid
        os.kill(first, signal.SIGKILL)
        await workshop.until(lambda: workshop.lines() == ["started one"] * 2)
        status = supervisor.status()[0]
        assert status.pid != first
        assert (status.restarts, status.last_exit.code) == (1, -signal.SIGKILL)


async def test_starts_along_the_dependencies_and_stops_against_them(workshop) -> None:
    open_gate = asyncio.Event()

    async def ready() -> bool:
        return open_gate.is_set()

    specs = [
        workshop.witness("store", ready=ready),
        workshop.witness("service", after=("store",)),
        workshop.witness("front", after=("store", "service")),
    ]
    supervisor = Supervisor(specs)
    async with running(supervisor):
        await workshop.until(lambda: workshop.lines() == ["started store"])
        assert state(supervisor, "store") is State.STARTING
        assert state(supervisor, "service") is State.WAITING
        open_gate.set()
        await workshop.until(lambda: len(workshop.lines()) == 3)
        await workshop.until(lambda: state(supervisor, "store") is State.READY)
    started, stopped = workshop.lines()[:3], workshop.lines()[3:]
    assert started[0] == "started store"
    assert set(started) == {"started store", "started service", "started front"}
    assert stopped == ["stopped front", "stopped service", "stopped store"]


async def test_dependents_do_not_wait_for_ever(workshop) -> None:
    async def never() -> bool:
        raise OSError("no answer")

    specs = [workshop.witness("sick", ready=never, ready_timeout=0.05), workshop.witness("next", after=("sick",))]
    async with running(Supervisor(specs)) as supervisor:
        await workshop.until(lambda: "started next" in workshop.lines())
        assert state(supervisor, "sick") is State.STARTING


async def test_a_process_that_ignores_sigterm_is_killed_with_its_group(workshop) -> None:
    program = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
    supervisor = Supervisor([workshop.spec("deaf", program, stop_timeout=0.2)])
    async with running(supervisor):
        log = workshop.folder / "deaf.log"
        await workshop.until(lambda: workshop.lines(log))
        grandchild = identify(int(workshop.lines(log)[0]))
        assert grandchild is not None
    assert supervisor.status()[0].last_exit.code == -signal.SIGKILL
    await workshop.until(lambda: not is_running(grandchild))


async def test_quick_exits_with_code_1_are_a_failure_and_still_retried(workshop) -> None:
    program = "import sys; print('bad configuration', flush=True); sys.exit(1)"
    spec = workshop.spec("bad", program, backoff=Backoff(first=0.001, limit=3))
    async with running(Supervisor([spec])) as supervisor:
        await workshop.until(lambda: state(supervisor, "bad") is State.FAILED)
        assert supervisor.status()[0].restarts == 4  # five starts, five exits
        await workshop.until(lambda: supervisor.status()[0].restarts > 4)
    assert workshop.lines(spec.log_path)[:5] == ["bad configuration"] * 5


async def test_on_a_slow_machine_it_is_the_readiness_that_counts(workshop, monkeypatch) -> None:
    monkeypatch.setattr(keeper, "QUICK_EXIT", 0.0)  # nothing starts that quickly

    async def never() -> bool:
        return False

    async with running(Supervisor([workshop.spec("bad", "import sys; sys.exit(1)", ready=never)])) as supervisor:
        await workshop.until(lambda: state(supervisor, "bad") is State.FAILED)


async def test_who_was_ready_has_not_failed_to_start(workshop) -> None:
    asked = workshop.folder / "asked"

    async def ready() -> bool:
        asked.touch()
        return True

    program = (
        "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)\ntime.sleep(0.1); sys.exit(1)"
    )
    async with running(Supervisor([workshop.spec("ill", program, str(asked), ready=ready)])) as supervisor:
        await workshop.until(lambda: supervisor.status()[0].restarts > 6)
        assert state(supervisor, "ill") is not State.FAILED


async def test_other_exits_are_no_failure(workshop) -> None:
    async with running(Supervisor([workshop.spec("odd", "import sys; sys.exit(3)")])) as supervisor:
        await workshop.until(lambda: supervisor.status()[0].restarts > 8)
        assert state(supervisor, "odd") is not State.FAILED


async def test_a_missing_command_is_said_in_the_log(workshop) -> None:
    spec = workshop.spec("gone", "")
    spec = type(spec)(name="gone", argv=["/no/such/program"], log_path=spec.log_path, backoff=spec.backoff)
    async with running(Supervisor([spec])):
        await workshop.until(lambda: workshop.lines(spec.log_path))
    assert workshop.lines(spec.log_path)[0] == "cannot start /no/such/program: No such file or directory"


async def test_a_missing_working_directory_is_said_in_the_log(workshop) -> None:
    spec = workshop.spec("lost", "", cwd=workshop.folder / "gone")
    async with running(Supervisor([spec])) as supervisor:
        await workshop.until(lambda: state(supervisor, "lost") is State.FAILED)
    assert "No such file or directory" in workshop.lines(spec.log_path)[0]


async def test_output_is_complete_up_to_the_exit(workshop) -> None:
    program = "print('\\n'.join(map(str, range(20000))), flush=True); import time; time.sleep(600)"
    spec = workshop.spec("chatty", program)
    async with running(Supervisor([spec])):
        await workshop.until(lambda: len(workshop.lines(spec.log_path)) == 20000)
    assert workshop.lines(spec.log_path) == [str(n) for n in range(20000)]


async def test_a_process_can_be_added_while_running(workshop) -> None:
    async with running(Supervisor([workshop.witness("one")])) as supervisor:
        await workshop.until(lambda: workshop.lines() == ["started one"])
        supervisor.add(workshop.witness("two", after=("one",)))
        await workshop.until(lambda: workshop.lines() == ["started one", "started two"])
    assert workshop.lines()[2:] == ["stopped two", "stopped one"]


async def test_stopping_while_a_process_waits_for_another(workshop) -> None:
    async def never() -> bool:
        return False

    specs = [workshop.witness("one", ready=never), workshop.witness("two", after=("one",))]
    async with running(Supervisor(specs)) as supervisor:
        await workshop.until(lambda: workshop.lines() == ["started one"])
    assert workshop.lines() == ["started one", "stopped one"]
    assert [s.state for s in supervisor.status()] == [State.STOPPED] * 2


async def test_a_cancelled_supervisor_leaves_nothing_running(workshop) -> None:
    supervisor = Supervisor([workshop.witness("one")])
    task = asyncio.create_task(supervisor.run(handle_signals=False))
    await workshop.until(lambda: workshop.lines() == ["started one"])
    identity = identify(supervisor.status()[0].pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_running(identity)


async def test_changes_are_told(workshop) -> None:
    seen: list[State] = []
    supervisor = Supervisor([workshop.witness("one")], on_change=lambda: seen.append(state(supervisor, "one")))
    async with running(supervisor):
        await workshop.until(lambda: workshop.lines() == ["started one"])
    assert seen == [State.STARTING, State.READY, State.STOPPING, State.STOPPED]


def test_names_are_unique_and_dependencies_exist(workshop) -> None:
    with pytest.raises(ValueError, match="added twice"):
        Supervisor([workshop.witness("one"), workshop.witness("one")])
    with pytest.raises(ValueError, match="comes after two, which is not there"):
        Supervisor([workshop.witness("one", after=("two",))])
