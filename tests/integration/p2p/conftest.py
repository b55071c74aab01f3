import pytest

# Before any other import of libp2p: it silences what importing libp2p warns of.
import debros.p2p.workarounds  # noqa: F401
from testkit.nodes import Client, Node, eventually


@pytest.fixture
def nodes(tmp_path):
    """Make nodes with `nodes(bootstrap_peers=…)`; whatever still runs at the end is killed."""
    made = []

    def make(bootstrap_peers=(), **settings):
        made.append(Node(tmp_path / f"n{len(made)}", bootstrap_peers, **settings))
        return made[-1]

    yield make
    for node in made:
        if node.process is not None and node.process.poll() is None:
            node.kill()


@pytest.fixture
async def clients():
    """Make connected clients with `await clients(node)`."""
    made = []

    async def make(node, **settings):
        client = Client(node.socket, **settings)
        made.append(client)
        client.start()
        await eventually(lambda: client.connected)
        return client

    yield make
    for client in made:
        await client.close()
