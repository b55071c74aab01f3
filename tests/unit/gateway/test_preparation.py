from debros.gateway.preparation import Preparation, migrations_directory
from debros.rqlite import migrate
from debros.rqlite.errors import NoLeader


async def test_a_migration_that_cannot_work_is_given_up_and_said(tmp_path) -> None:
    (tmp_path / "first.sql").write_text("SELECT 1")
    preparation = Preparation()
    await preparation.run(None, tmp_path)  # type: ignore[arg-type] # the files are at fault before any client is asked
    assert not preparation.done
    assert "first.sql" in preparation.failure


async def test_a_cluster_without_a_leader_is_asked_again(tmp_path, monkeypatch) -> None:
    answers = iter((NoLeader("election"), NoLeader("election"), None))

    async def apply(_client, _migrations):
        if error := next(answers):
            raise error
        return []

    monkeypatch.setattr(migrate, "apply", apply)
    monkeypatch.setattr("debros.gateway.preparation._FIRST_PAUSE", 0.001)
    preparation = Preparation()
    await preparation.run(None, tmp_path)  # type: ignore[arg-type] # apply() is ours
    assert preparation.done
    assert preparation.failure == ""


def test_the_gateways_migrations_are_there() -> None:
    assert migrate.load_directory(migrations_directory())
