"""What the playbooks for backup and restore do in check mode, with paths as the operator writes them."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
STATUS = {"member": "n1=192.0.2.1:7001", "voter": True, "unfinished": "", "back_to": "", "kept": []}
HOST = {"ansible_connection": "local", "backup_directory": "/srv/backups", "backup_keep": 3}
INVENTORY = {"debros": {"hosts": {"n1": HOST}}}


def test_a_backup_lies_where_the_timer_s_do_and_check_mode_takes_none(playbook, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ANSIBLE_DISPLAY_SKIPPED_HOSTS", "true")
    done = playbook(ROOT / "ansible/backup.yml", INVENTORY, "--check", "-v", "-e", "fetch_to=backups")
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.replace("'", "").replace("\n", " ").replace(" - ", " ").split()
    assert "backup --if-leader --keep 3 --directory /srv/backups --json" in " ".join(words), done.stdout
    assert not (tmp_path / "cwd" / "backups").exists()


def test_an_upgrade_takes_the_same_backup() -> None:
    def taken(tasks) -> dict:
        (found,) = [task["ansible.builtin.import_role"] for task in tasks if "backup" in task["name"]]
        return found

    where_there_is_a_database, _ = yaml.safe_load((ROOT / "ansible/tasks/upgrade_plan.yml").read_text())
    (play,) = [play for play in yaml.safe_load((ROOT / "ansible/backup.yml").read_text()) if "tasks" in play]
    first = {
        "name": "Take and check it",
        "ansible.builtin.import_role": taken(where_there_is_a_database["block"]),
        "when": where_there_is_a_database["when"],
    }
    assert play["tasks"][0] == first


def test_a_backup_is_fetched_to_where_the_operator_is(playbook, tmp_path) -> None:
    """The playbook's own task, with a directory as if the backup had been fetched into it."""
    (play,) = [play for play in yaml.safe_load((ROOT / "ansible/backup.yml").read_text()) if "tasks" in play]
    (block,) = [task["block"] for task in play["tasks"] if "block" in task]
    (place,) = [task for task in block if "ansible.builtin.copy" in task]
    (tmp_path / "fetched").mkdir()
    (tmp_path / "fetched" / "b.sqlite").write_text("data")
    settings = {"__fetch_directory": {"path": str(tmp_path / "fetched")}}
    play = {"hosts": "debros", "gather_facts": False, "vars": settings, "tasks": [place]}
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "place.yml").write_text(yaml.safe_dump([play]))
    done = playbook(tmp_path / "plays" / "place.yml", INVENTORY, "-e", "fetch_to=my/backups")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "cwd" / "my" / "backups" / "b.sqlite").read_text() == "data"
    assert [path.name for path in (tmp_path / "plays").iterdir()] == ["place.yml"]


@pytest.fixture
def restore(playbook, tmp_path):
    """Runs the plays of restore.yml in check mode with what the hosts would say of themselves."""
    _, plan, *others = yaml.safe_load((ROOT / "ansible/restore.yml").read_text())
    decide = yaml.safe_load((ROOT / "ansible/tasks/restore_plan.yml").read_text())[1:]
    for task in (task for play in others for task in play["tasks"]):
        task["ansible.builtin.import_tasks"] = str(ROOT / "ansible" / task["ansible.builtin.import_tasks"])
    (tmp_path / "restore.yml").write_text(yaml.safe_dump([{**plan, "tasks": decide}, *others]))

    def run(kept=(), **given):
        wishes = json.dumps({"restore_confirm": True, **given})
        host = {**HOST, "__restore_status": {"rc": 0, "stdout": json.dumps({**STATUS, "kept": list(kept)})}}
        inventory = {"debros": {"hosts": {"n1": host}}}
        return playbook(tmp_path / "restore.yml", inventory, "--check", "-v", "-e", wishes)

    return run


def test_a_backup_is_read_where_the_operator_is(restore, tmp_path) -> None:
    (tmp_path / "cwd" / "backups").mkdir()
    file = tmp_path / "cwd" / "backups" / "b.sqlite"
    file.write_bytes(b"data")
    file.with_suffix(".json").write_text(json.dumps({"sha256": hashlib.sha256(b"data").hexdigest()}))
    done = restore(restore_file="backups/b.sqlite")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"file: {file}" in done.stdout
    assert f"item={file})" in done.stdout
    assert "/opt/debros/data/restore/b.sqlite" in done.stdout
    assert "fatal" not in done.stdout


def test_a_backup_of_a_host_is_looked_for_where_backups_are(restore) -> None:
    done = restore(restore_from="n1", restore_backup="b.sqlite")
    assert "restore-step look /srv/backups/b.sqlite" in done.stdout, done.stdout + done.stderr


def test_going_back_can_be_tried(restore) -> None:
    done = restore(restore_rollback=True, kept=["20260101T000000Z"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20260101T000000Z" in done.stdout
