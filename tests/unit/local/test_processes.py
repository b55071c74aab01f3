from pathlib import Path

import pytest

from debros.local.layout import Layout
from debros.local.processes import clean_environment, names, of_host
from debros.supervise import Supervisor


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def test_database_then_node_then_gateway(layout: Layout) -> None:
    rqlited, node, gateway = of_host(layout, layout.host(1))
    assert [rqlited.name, node.name, gateway.name] == names(layout.host(1))
    assert (rqlited.after, node.after) == ((), ("host1/rqlited",))
    assert gateway.after == ("host1/rqlited", "host1/node")


def test_the_other_hosts_wait_for_the_founder(layout: Layout) -> None:
    rqlited, node, _ = of_host(layout, layout.host(2))
    assert rqlited.after == ("host1/rqlited",)
    assert node.after == ("host2/rqlited", "host1/node")
    rqlited, node, _ = of_host(layout, layout.host(2), alone=True)
    assert (rqlited.after, node.after) == ((), ("host2/rqlited",))


def test_members_do_not_wait_for_host_1_which_needs_a_majority_of_them(layout: Layout) -> None:
    data = layout.host(2).data / "rqlite"
    data.mkdir(parents=True)
    assert of_host(layout, layout.host(2))[0].after == ("host1/rqlited",)
    (data / "raft.db").touch()
    assert of_host(layout, layout.host(2))[0].after == ()


def test_the_supervisor_accepts_them_together(layout: Layout) -> None:
    supervisor = Supervisor([spec for host in layout.hosts(3) for spec in of_host(layout, host)])
    assert len(supervisor.status()) == 9


def test_hosts_beyond_the_voters_are_replicas(layout: Layout) -> None:
    assert ["--replica" in of_host(layout, host)[0].argv for host in layout.hosts(4)] == [False, False, False, True]


def test_no_secret_is_on_a_command_line_and_programs_are_ours(layout: Layout) -> None:
    for spec in of_host(layout, layout.host(1)):
        assert Path(spec.argv[0]).name.startswith("debros-")
        assert Path(spec.argv[0]).is_absolute()
        assert not any(word.startswith("ak_") for word in spec.argv)


def test_the_shell_s_settings_for_something_else_do_not_reach_the_cluster() -> None:
    environ = {"PATH": "/bin", "LOG_LEVEL": "debug", "RQLITE_PORT": "1", "GATEWAY_API_KEYS": "a:b", "NODE_TYPE": "x"}
    assert clean_environment(environ) == {"PATH": "/bin", "LOG_LEVEL": "debug"}
