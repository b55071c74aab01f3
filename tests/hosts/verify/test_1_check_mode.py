"""The third run of the playbook, in check mode. First of all, before another test touches a host."""

from hostkit.playbook import play


def test_check_mode_on_running_hosts_finds_nothing_to_change(cluster):
    result = play("--check")
    assert set(result.recap) == {machine.name for machine in cluster}
    assert result.changed_tasks() == []
    assert result.count("changed") == 0
