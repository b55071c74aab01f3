import trio
import trio.lowlevel
import trio.testing
from libp2p.tools.anyio_service import Service, background_trio_service

from debros.p2p import workarounds

workarounds.apply_all()


class Starter(Service):
    """A service whose loop starts tasks, as pubsub's does for new peers."""

    def __init__(self, start):
        self.start = start
        self.ended = trio.Event()

    async def run(self):
        self.manager.run_daemon_task(self.loop)
        await self.manager.wait_finished()

    async def loop(self):
        await self.start(self)
        self.ended.set()
        await trio.sleep_forever()


def run(start):
    async def main():
        service = Starter(start)
        with trio.fail_after(120):
            async with background_trio_service(service):
                await service.ended.wait()

    trio.run(main)


def test_a_loop_may_start_more_tasks_than_a_thousand():
    # Upstream refuses the 1,001st, in the loop, which ends the service.
    async def start(service):
        for _ in range(1500):
            service.manager.run_task(trio.sleep_forever)
        await trio.lowlevel.checkpoint()

    run(start)


def test_a_task_that_fails_ends_nothing_else():
    async def start(service):
        async def fail():
            raise RuntimeError("a peer's doing")

        service.manager.run_task(fail)
        await trio.testing.wait_all_tasks_blocked()
        assert service.manager.is_running

    run(start)
