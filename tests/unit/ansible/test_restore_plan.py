"""Whether a restore may begin, goes on, or goes back."""

import datetime as dt
import hashlib
import json

import pytest
from ansible_collections.debros.network.plugins.action import restore_plan as controller

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
NEW = "20260102T030405Z"
OLD, OLDER = "20260101T000000Z", "20251231T000000Z"
NOTHING = {"confirm": True, "file": "", "source": "", "backup": "", "rollback": False, "hosts": ["n1", "n2"]}
BACK = NOTHING | {"rollback": True}


def host(name="n1", **more):
    quiet = {"member": f"{name}=192.0.2.1:7001", "voter": True, "unfinished": "", "back_to": "", "kept": []}
    return quiet | more


def decided(given, *hosts):
    return controller.plan(given, {f"n{number}": status for number, status in enumerate(hosts, 1)}, NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"confirm": False, "file": "a"},
        {},
        {"file": "a", "rollback": True},
        {"file": "a", "source": "n1", "backup": "b"},
        {"backup": "b"},
        {"source": "n1"},
    ],
)
def test_what_is_wanted_must_be_said(given) -> None:
    with pytest.raises(controller.PlanError, match="restore_confirm=true"):
        controller.require_wish(NOTHING | given)


@pytest.mark.parametrize(("given", "word"), [(("n9", "b"), "n9"), (("n1", "../b"), r"\.\./b")])
def test_what_cannot_be_meant_is_refused(given, word) -> None:
    with pytest.raises(controller.PlanError, match=word):
        controller.require_wish(NOTHING | {"source": given[0], "backup": given[1]})


def test_a_file_is_compared_with_its_manifest(tmp_path) -> None:
    file = tmp_path / "b.sqlite"
    with pytest.raises(controller.PlanError, match="No such file"):
        controller.require_sound(file)
    file.write_bytes(b"data")
    file.with_suffix(".json").write_text("[]")
    with pytest.raises(controller.PlanError, match="not the manifest"):
        controller.require_sound(file)
    file.with_suffix(".json").write_text(json.dumps({"sha256": hashlib.sha256(b"data").hexdigest()}))
    controller.require_sound(file)
    file.write_bytes(b"date")
    with pytest.raises(controller.PlanError, match="damaged"):
        controller.require_sound(file)


def test_a_host_that_is_missing_is_named() -> None:
    assert controller.answer("n2", None) is None
    assert controller.answer("n2", {"unreachable": True}) is None
    with pytest.raises(controller.PlanError, match=r"^n2: not reachable"):
        decided(NOTHING, host(), None)


def test_a_gateway_alone_takes_part_and_has_no_say() -> None:
    alone = {"changed": False, "gateway_only": True}
    assert decided(NOTHING, host(), alone) == {"id": NEW, "back_to": "", "members": ["n1=192.0.2.1:7001"]}
    assert decided(BACK, alone, host(kept=[OLD]))["back_to"] == OLD
    with pytest.raises(controller.PlanError, match="votes"):
        decided(NOTHING, alone, alone)
    with pytest.raises(controller.PlanError, match="n2 has a gateway alone, and no backups"):
        decided(NOTHING | {"source": "n2", "backup": "b"}, host(), alone)


def test_a_host_that_cannot_says_why() -> None:
    with pytest.raises(controller.PlanError, match=r"n2 cannot restore: no such command .*site\.yml"):
        controller.answer("n2", {"rc": 2, "stderr": "no such command"})
    assert controller.answer("n1", {"rc": 0, "stdout": json.dumps(host())}) == host()


def test_a_new_restore_has_a_new_id() -> None:
    assert decided(NOTHING, host(), host("n2")) == {
        "id": NEW,
        "back_to": "",
        "members": ["n1=192.0.2.1:7001", "n2=192.0.2.1:7001"],
    }


def test_what_was_begun_goes_on() -> None:
    assert decided(NOTHING, host(kept=[OLD]), host("n2", unfinished=OLD))["id"] == OLD


def test_what_was_begun_is_undone() -> None:
    plan = decided(BACK, host(), host("n2", unfinished=OLD, kept=[OLD]))
    assert (plan["id"], plan["back_to"]) == (NEW, OLD)


def test_what_was_finished_is_undone_where_all_can() -> None:
    plan = decided(BACK, host(kept=[OLD]), host("n2", kept=[OLD, OLDER]))
    assert (plan["id"], plan["back_to"]) == (NEW, OLD)
    with pytest.raises(controller.PlanError, match="nothing to go back to"):
        decided(BACK, host(kept=[OLD]), host("n2", kept=[OLDER]))


def test_an_undoing_goes_on_and_nothing_else_begins() -> None:
    half = host("n2", unfinished=OLD, back_to=OLDER)
    assert decided(BACK, host(), half) | {"members": []} == {"id": OLD, "back_to": OLDER, "members": []}
    with pytest.raises(controller.PlanError, match="rollback is not finished"):
        decided(NOTHING, host(), half)


def test_replicas_alone_are_no_cluster() -> None:
    with pytest.raises(controller.PlanError, match="votes"):
        decided(NOTHING, host(voter=False), host("n2", voter=False))
