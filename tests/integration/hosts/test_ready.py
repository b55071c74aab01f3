"""Ready means ready in every respect; what is missing is named, with the facts."""

import re

from debros.hosts.applied import TABLE
from debros.tenants.sql.identifiers import is_reserved

ROWS = 20_000


def test_a_ready_host_says_who_leads_and_whom_it_reaches(cluster) -> None:
    answers = [host.json("wait-ready", "--voters", "3") for host in cluster]
    assert len({answer["leader"]["id"] for answer in answers}) == 1
    assert [answer["self"] for answer in answers] == [host.name for host in cluster]
    assert all(answer["ready"] and answer["reachable_voters"] == 3 and answer["quorum"] == 2 for answer in answers)
    assert sum(answer["is_leader"] for answer in answers) == 1


def test_a_host_that_was_away_is_ready_only_with_everything_it_missed(roles) -> None:
    leader, (away, _) = roles
    leader.write("CREATE TABLE IF NOT EXISTS missed (a)", "DELETE FROM missed")
    expected = 0
    for _ in range(5):
        away.kill()
        for _ in range(4):
            values = ",".join(f"({number})" for number in range(ROWS // 4))
            leader.write(f"INSERT INTO missed VALUES {values}")
            expected += ROWS // 4
        away.start()
        away.json("wait-ready", "--timeout", "60")
        # What this very host has, without asking anybody.
        assert away.sql("SELECT count(*) FROM missed", level="none") == [[[expected]]]


def test_a_host_without_a_database_names_what_does_not_answer(cluster) -> None:
    host = cluster[0]
    host.stop()
    error = host.json("wait-ready", "--timeout", "1s", code=5)
    assert error["code"] == "not_ready"
    assert error["condition"] == "answers"
    assert f"http://127.0.0.1:{host.http}" in error["error"]
    assert "journalctl" in error["hint"]


def test_missing_voters_are_named(roles) -> None:
    leader, (missing, other) = roles
    missing.kill()
    error = other.json("wait-ready", "--voters", "3", "--timeout", "10", code=5)
    assert error["condition"] == "voters"
    assert "2 of 3 voters are reachable" in error["error"]
    assert missing.name in error["error"]
    assert leader.name not in error["error"]
    # A majority is enough when nothing else was asked for.
    assert other.json("wait-ready")["reachable_voters"] == 2


def test_without_a_majority_nobody_is_ready(cluster) -> None:
    first, second, third = cluster
    second.kill()
    third.kill()
    done = first.run("wait-ready", "--timeout", "8")
    assert done.returncode == 5
    lines = done.stderr.decode().splitlines()
    assert re.match("waiting for rqlite, [5-7] s of 8 s: ", lines[0])
    assert lines[-2].startswith("Error: rqlite is not ready after 8 s: ")
    assert "Hint: " in lines[-1]


def test_a_voter_that_never_joined_is_not_waited_for_in_silence(single) -> None:
    error = single.json("wait-ready", "--voters", "2", "--timeout", "1", code=5)
    assert "1 of 2 voters are reachable; the cluster has 1" in error["error"]


def test_wrong_credentials_end_the_wait_at_once(single) -> None:
    good = (single.keys / "rqlite-admin").read_text()
    try:
        single.secret("rqlite-admin", "admin:wrong\n")
        error = single.json("wait-ready", "--timeout", "100", code=1)
        assert error["code"] == "access_denied"
        assert "rqlite-admin" in error["error"]
        assert "wrong" not in str(error)
        (single.keys / "rqlite-admin").unlink()
        assert "does not exist" in single.json("leader", code=1)["error"]
    finally:
        single.secret("rqlite-admin", good)


def test_the_mark_leaves_one_row_a_host_and_cannot_be_reached_by_tenants(cluster) -> None:
    (rows,) = cluster[0].sql(f"SELECT host FROM {TABLE} ORDER BY host")
    assert rows == [[host.name] for host in cluster]
    assert is_reserved(TABLE)


def test_leader_without_a_leader_is_unavailable(cluster) -> None:
    first, second, third = cluster
    assert first.run("leader").returncode == 0
    second.kill()
    third.kill()
    error = first.json("wait-ready", "--timeout", "4", code=5)
    assert error["condition"] in {"ready", "leader"}
    assert first.json("leader", code=5)["code"] == "no_leader"
