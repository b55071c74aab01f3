import asyncio

import structlog

from debros.gateway.tasks import Tasks


async def test_states_and_the_end() -> None:
    tasks = Tasks()
    work = asyncio.Event()

    async def fail() -> None:
        raise RuntimeError("a defect")

    async def finish() -> None:
        await work.wait()

    async def stay() -> None:
        await asyncio.Event().wait()

    with structlog.testing.capture_logs() as logged:
        tasks.start("fail", fail())
        tasks.start("finish", finish())
        tasks.start("stay", stay())
        assert set(tasks.states().values()) == {"running"}
        work.set()
        while list(tasks.states().values()).count("running") > 1:  # noqa: ASYNC110 - two steps of the loop
            await asyncio.sleep(0)
        assert tasks.states() == {"fail": "failed", "finish": "done", "stay": "running"}
        await tasks.close()
    assert tasks.states() == {"fail": "failed", "finish": "done", "stay": "done"}
    assert [(entry["event"], entry["task"]) for entry in logged] == [("what runs in the background has failed", "fail")]
