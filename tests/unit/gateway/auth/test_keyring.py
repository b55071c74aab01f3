import json

import pytest

from debros.config import ConfigError
from debros.gateway.auth import keyring
from debros.gateway.auth.keyring import KeyRing

LIFETIME, KEEP = 1000, 300


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gateway" / keyring.FILE


def ring(path, clock) -> KeyRing:
    return KeyRing(path, lifetime=LIFETIME, keep=KEEP, clock=clock)


def kids(keys: KeyRing) -> list[str]:
    return [key.kid for key in keys.keys]


def test_the_thumbprint_of_rfc_8037() -> None:
    """Appendix A.3."""
    assert keyring.thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") == (
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )


def test_a_key_is_next_then_current_then_previous_then_gone(path, clock) -> None:
    keys = ring(path, clock)
    assert keys.turn()
    first, second = kids(keys)
    usable = {first, second}
    assert keys.current(usable).kid == first
    assert keys.expires_at(keys.keys[0]) == clock.now + LIFETIME + KEEP
    assert not keys.turn()
    clock.now += LIFETIME - 1
    assert keys.current(usable).kid == first
    clock.now += 1
    assert keys.current(usable).kid == second
    assert keys.turn()
    third = kids(keys)[-1]
    assert kids(keys) == [first, second, third]
    clock.now += KEEP
    assert keys.turn()
    assert kids(keys) == [second, third]


def test_what_is_not_published_signs_nothing(path, clock) -> None:
    keys = ring(path, clock)
    assert keys.current(set()) is None
    keys.turn()
    assert keys.current(set()) is None
    clock.now += LIFETIME
    assert keys.current({kids(keys)[0]}) is None


def test_keys_survive_a_restart_and_a_long_sleep(path, clock) -> None:
    keys = ring(path, clock)
    keys.turn()
    again = ring(path, clock)
    assert kids(again) == kids(keys)
    assert not again.turn()
    clock.now += 100 * LIFETIME
    late = ring(path, clock)
    assert late.turn()
    assert not set(kids(late)) & set(kids(keys))
    assert late.current(set(kids(late))) is not None


def test_the_file_is_private(path, clock) -> None:
    ring(path, clock).turn()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2, "keys": []}', '{"version": 1, "keys": [{}]}'])
def test_a_damaged_file_is_said_and_not_replaced(path, clock, text) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"signing-keys.json is damaged; remove it"):
        ring(path, clock)
    assert path.read_text() == text


@pytest.mark.parametrize("seed", ["AAAA", "***", "A" * 100])
def test_a_seed_of_the_wrong_size(path, clock, seed) -> None:
    ring(path, clock).turn()
    document = json.loads(path.read_text())
    document["keys"][0]["seed"] = seed
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match="damaged"):
        ring(path, clock)


def test_a_file_that_cannot_be_written_changes_nothing(path, clock, monkeypatch) -> None:
    keys = ring(path, clock)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keyring.files, "replace", full)
    with pytest.raises(OSError, match="No space"):
        keys.turn()
    assert keys.keys == []


def test_each_worker_has_a_file_of_its_own() -> None:
    assert [keyring.file_of(worker) for worker in range(3)] == [
        "signing-keys.json",
        "signing-keys-2.json",
        "signing-keys-3.json",
    ]
