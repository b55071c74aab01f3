"""Containment: one bad peer, or one bug in a handler, must not end the process.

Upstream, the first task that fails cancels its whole service (the swarm or pubsub), and so the node. Seven inputs
of any authenticated peer reach that point: invalid UTF-8 in a stream's protocol negotiation, garbage on a meshsub
stream, a pubsub message with a bad key or sender, an exception in an application's handler.

Nor may many tasks: for each one upstream looks through all others for the one that started it, so that thousands
take minutes of processor time; it refuses the 1,001st child of a task with an error in the service's own loop. Here
they are the nursery's tasks, and nothing else is kept of them.
"""

from typing import Any

import trio
from libp2p.host.basic_host import BasicHost
from libp2p.tools.anyio_service.exceptions import LifecycleError
from libp2p.tools.anyio_service.trio_manager import TrioManager

from debros import logs
from debros.p2p.workarounds.patching import replace

_log = logs.get(__name__)


def apply() -> None:
    """Wrap stream handlers, service tasks and the identify task."""
    _contain_stream_handlers()
    _contain_service_tasks()
    _contain_identify()


def _contain_stream_handlers() -> None:
    async def contained(self: BasicHost, stream: Any) -> None:
        try:
            await original(self, stream)
        except Exception as error:  # noqa: BLE001 - whatever a peer provoked ends its stream, not the node
            peer = getattr(stream.muxed_conn, "peer_id", "?")
            _log.warning("stream failed", peer=str(peer), protocol=stream.get_protocol(), error=repr(error))
            await _quietly(stream.reset)

    original = replace(BasicHost, "_swarm_stream_handler", contained)


def _contain_service_tasks() -> None:
    def run_task(
        self: TrioManager, task: Any, *args: Any, daemon: bool = False, name: str | None = None, _internal: bool = False
    ) -> None:
        if daemon or _internal:  # the service's own loops: without them it is dead and must be seen to be
            original(self, task, *args, daemon=daemon, name=name, _internal=_internal)
            return
        if self._task_nursery is None or not self.is_running:
            raise LifecycleError("a task cannot be started in a service that does not run")

        async def contained() -> None:
            try:
                await task(*args)
            except Exception as error:  # noqa: BLE001 - see the module
                _log.warning("libp2p task failed", task=getattr(task, "__qualname__", repr(task)), error=repr(error))
                owner: Any = getattr(task, "__self__", None)
                if task.__name__ == "start" and hasattr(owner, "close"):  # a connection's reader: drop that connection
                    await _quietly(owner.close)

        self._task_nursery.start_soon(contained, name=name or getattr(task, "__qualname__", None))

    original = replace(TrioManager, "run_task", run_task)


def _contain_identify() -> None:
    async def contained(self: BasicHost, peer_id: Any, reason: str) -> None:
        try:  # it runs as a trio system task: what escapes it is a TrioInternalError
            await original(self, peer_id, reason)
        except Exception as error:  # noqa: BLE001 - see the module
            _log.debug("identify failed", peer=str(peer_id), error=repr(error))

    original = replace(BasicHost, "_identify_task_entry", contained)


async def _quietly(close: Any) -> None:
    with trio.CancelScope(shield=True), trio.move_on_after(2):
        try:
            await close()
        except Exception as error:  # noqa: BLE001 - already closed, or broken beyond closing
            _log.debug("cleaning up failed", error=repr(error))
