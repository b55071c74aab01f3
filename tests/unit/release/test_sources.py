import pytest

from debros.release import sources
from debros.release.errors import ReleaseError


def paths(top):
    return [source.path for source in sources.collect(top)]


def test_what_ships_and_what_does_not(project):
    assert paths(project) == [
        "LICENSE",
        "ansible/site.yml",
        "migrations/001.sql",
        "playbooks",
        "pyproject.toml",
        "roles/node/tasks/main.yml",
        "scripts/run.sh",
        "site.yml",
        "src/debros/__init__.py",
        "src/debros/release/__init__.py",
        "systemd/debros-node.service",
    ]
    found = {source.path: source for source in sources.collect(project)}
    assert found["scripts/run.sh"].executable
    assert not found["site.yml"].executable
    assert found["playbooks"].link == "ansible"


def test_a_link_that_leaves_the_project_is_refused(project):
    (project / "roles" / "mine").symlink_to("/etc")
    with pytest.raises(ReleaseError, match="points outside the project, to /etc"):
        sources.collect(project)


def test_the_root_is_found_from_below_and_named_when_there_is_none(project, tmp_path):
    assert sources.root(project / "src" / "debros") == project
    with pytest.raises(ReleaseError, match="say --root"):
        sources.root(tmp_path)


def test_without_git_the_commit_is_unknown(project):
    assert sources.build(project, "") == sources.Build("1.2.3", "unknown", "unknown", 315532800)
    assert sources.build(project, "2.0.0").version == "2.0.0"


def test_the_commit_is_the_last_one_that_touched_the_package(project, commit):
    first = commit(project)
    (project / "roles/node/tasks/main.yml").write_text("---\n# changed\n")
    commit(project, "2026-02-02T00:00:00+00:00")
    assert sources.build(project, "") == sources.Build("1.2.3", first, "2026-01-02T03:04:05+00:00", 1767323045)


def test_uncommitted_changes_of_the_package_are_told(project, commit):
    first = commit(project)
    (project / "site.yml").write_text("---\n# changed\n")
    assert sources.build(project, "").commit == first
    (project / "src/debros/__init__.py").write_text("x = 1\n")
    assert sources.build(project, "").commit == f"{first}-modified"


def test_a_project_without_a_version_is_refused(project):
    (project / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(ReleaseError, match="names no version"):
        sources.build(project, "")
