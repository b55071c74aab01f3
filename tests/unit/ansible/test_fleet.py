"""When the hosts of a running cluster may change."""

import json

import pytest
from ansible_collections.debros.network.plugins.module_utils import fleet


def answer(states, *, leader="n1", replicas=()):
    """What `debros-host leader --json` says of hosts n1, n2 …, of which `states` says who is reachable."""
    members = [
        {"id": f"n{number}", "address": f"192.0.2.{number}:7001", "reachable": up, "leader": f"n{number}" == leader}
        for number, up in enumerate(states, 1)
    ]
    told = {
        "leader": {"id": leader} if leader else None,
        "voters": [one for one in members if one["id"] not in replicas],
        "replicas": [one for one in members if one["id"] in replicas],
    }
    return {"rc": 0 if leader else 5, "stdout": json.dumps(told), "stderr": ""}


def judged(change, nodes, names, states, *, factor=3, addresses=None, **more):
    inventory = [{"name": name, "address": (addresses or {}).get(name, f"192.0.2.{name[1:]}")} for name in names]
    return fleet.problems(change, nodes, inventory, factor, fleet.read(answer(states, **more)))


@pytest.mark.parametrize(
    ("change", "nodes", "names", "states", "more"),
    [
        ("add", ["n4"], ["n1", "n2", "n3", "n4"], [True] * 3, {}),
        ("add", ["n2", "n3"], ["n1", "n2", "n3"], [True], {}),
        ("add", ["n2"], ["n1", "n2"], [True, True], {}),  # again
        ("add", ["n5"], ["n1", "n2", "n3", "n4", "n5"], [True, True, True, False], {"replicas": {"n4"}}),
        ("replace", ["n2"], ["n1", "n2", "n3"], [True, False, True], {}),
        ("replace", ["n2"], ["n1", "n2"], [True, False], {"leader": ""}),  # the new one makes a majority again
        ("remove", ["n3"], ["n1", "n2", "n3"], [True, True, False], {}),
        ("remove", ["n3"], ["n1", "n2"], [True, True, True], {}),  # in no inventory any more
        ("remove", ["n9"], ["n1", "n9"], [True], {}),  # never was a member
        ("remove", ["n4", "n5"], ["n1", "n2", "n3"], [True, True, True, False, False], {}),
    ],
)
def test_what_may_begin(change, nodes, names, states, more) -> None:
    assert judged(change, nodes, names, states, **more) == []


@pytest.mark.parametrize(
    ("change", "nodes", "names", "states", "more", "message"),
    [
        ("add", ["n4"], ["n1", "n2", "n3", "n4"], [True, True, False], {}, "the voter n3 cannot be reached"),
        ("replace", ["n2"], ["n1", "n2", "n3"], [True, False, False], {}, "the voter n3 cannot be reached"),
        ("remove", ["n2"], ["n1", "n2", "n3"], [True, True, False], {}, "(-e node=n2,n3)"),
        ("remove", ["n2"], ["n1", "n2"], [True, False], {"leader": ""}, "is replaced by a new one of its name"),
        ("remove", ["n8"], ["n1", "n2"], [True, True], {}, "n8 is neither a member of the cluster (n1, n2) nor in"),
        ("add", ["n2"], ["n2", "n1"], [True], {"factor": 1}, "n2 stands before n1, which would no longer vote"),
        (
            "replace",
            ["n2"],
            ["n1", "n2"],
            [True, True],
            {"addresses": {"n2": "192.0.2.99"}},
            "n2 still serves at 192.0.2.2:7001, the inventory names 192.0.2.99; stop the old machine first",
        ),
    ],
)
def test_what_must_not(change, nodes, names, states, more, message) -> None:
    found = judged(change, nodes, names, states, **more)
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    "said",
    [
        {"rc": 2, "msg": "[Errno 2] No such file or directory: '/opt/debros/bin/debros-host'"},
        {"rc": 5, "stdout": "", "stderr": "error: rqlite does not answer"},
        {"rc": 0, "stdout": "[]", "stderr": ""},
    ],
)
def test_who_cannot_be_asked_belongs_to_no_cluster(said) -> None:
    (found,) = fleet.problems("add", ["n2"], [], 3, fleet.read(said))
    assert found.startswith("it belongs to no cluster that can be asked (")
    assert "site.yml" in found


def test_ipv6() -> None:
    told = json.loads(answer([True, True])["stdout"])
    told["voters"][1]["address"] = "[2001:db8::2]:7001"
    seen = fleet.read({"stdout": json.dumps(told)})
    inventory = [{"name": "n1", "address": "192.0.2.1"}, {"name": "n2", "address": "2001:db8:0::2"}]
    assert fleet.problems("replace", ["n2"], inventory, 3, seen) == []
