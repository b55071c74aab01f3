import httpx
import pytest
import trio

from debros.node.monitor import Monitor, Snapshot, interpret

# Cut down from rqlite 8.26's answers.
STATUS = {
    "store": {
        "leader": {"addr": "127.0.0.1:7001", "node_id": "n1"},
        "raft": {"state": "Follower", "voter": True},
        "sqlite3": {"db_size": 4096},
    }
}


def nodes(*reachable, replicas=0):
    voters = [{"id": f"n{i}", "voter": True, "reachable": up} for i, up in enumerate(reachable)]
    return {"nodes": voters + [{"id": f"r{i}", "voter": False, "reachable": True} for i in range(replicas)]}


@pytest.mark.parametrize(
    ("answer", "voters", "reachable", "under"),
    [
        (nodes(True, True, True), 3, 3, False),
        (nodes(True, True, False), 3, 2, True),
        (nodes(True, True, replicas=5), 2, 2, True),
        (nodes(True, True, True, True), 4, 4, False),
        ({"nodes": []}, 0, 0, True),
    ],
)
def test_replication_counts_reachable_voters(answer, voters, reachable, under):
    seen = interpret(True, STATUS, answer, 3)
    assert (seen.voters, seen.reachable_voters, seen.under_replicated) == (voters, reachable, under)
    assert (seen.role, seen.leader, seen.database_size, seen.ready) == ("follower", "n1", 4096, True)


def test_a_replica_and_a_cluster_without_a_leader():
    store = {**STATUS["store"], "leader": {"addr": "", "node_id": ""}, "raft": {"state": "Follower", "voter": False}}
    seen = interpret(False, {"store": store}, nodes(True), 1)
    assert (seen.role, seen.leader, seen.ready) == ("nonvoter", "", False)
    assert interpret(False, {"store": {**store, "leader": None}}, nodes(True), 1).leader == ""


def look(handler):
    async def main():
        monitor = Monitor("http://rqlite", replication_factor=1)
        async with httpx.AsyncClient(base_url="http://rqlite", transport=httpx.MockTransport(handler)) as client:
            return await monitor._look(client)

    return trio.run(main)


def answering(**answers):
    def handler(request):
        answer = answers[request.url.path.strip("/")]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return handler


def test_it_asks_for_a_node_that_is_ready():
    seen = look(answering(readyz="ok", status=STATUS, nodes=nodes(True)))
    assert (seen.reachable, seen.ready, seen.error) == (True, True, "")


def test_not_ready_is_not_unreachable():
    seen = look(answering(readyz=httpx.Response(503), status=STATUS, nodes=nodes(True)))
    assert (seen.reachable, seen.ready) == (True, False)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"status": httpx.Response(500)}, "HTTP status 500"),
        ({"status": httpx.Response(401)}, "it refuses our credentials; see database.rqlite_credentials_file"),
        ({"status": httpx.Response(200, text="not json")}, "unexpected answer"),
        ({"status": {"store": {}}}, "unexpected answer"),
        ({"nodes": [1]}, "unexpected answer"),
    ],
)
def test_strange_answers_are_a_reason_not_a_crash(answers, reason):
    seen = look(answering(**{"readyz": "ok", "status": STATUS, "nodes": nodes(True), **answers}))
    assert not seen.reachable
    assert seen.error.startswith(reason)
    assert seen.under_replicated


def test_nobody_there():
    def refuse(_request):
        raise httpx.ConnectError("connection refused")

    assert look(refuse).error == "connection refused"
    assert Snapshot(replication_factor=3).as_dict()["replication_factor"] == 3
