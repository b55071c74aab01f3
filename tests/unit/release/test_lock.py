from pathlib import Path

import pytest

from debros.release import lock
from debros.release.errors import ReleaseError

A, B = "a" * 64, "b" * 64


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str) -> Path:
        (tmp_path / "lock.txt").write_text(text)
        return tmp_path / "lock.txt"

    return write


def test_pins_with_their_hashes(file):
    first = f"My.Pkg==1.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n    # via x\n"
    text = f"# made by a tool\n{first}other==2 --hash=sha256:{B}\n"
    pins = lock.read(file(text))
    assert pins["my-pkg"] == lock.Pin("my-pkg", "1.0", frozenset({A, B}))
    assert pins["other"].line() == f"other==2 --hash=sha256:{B}"


@pytest.mark.parametrize(
    "line",
    [
        "six",
        "six==1.0",
        "six>=1 --hash=sha256:" + A,
        "six==1 --hash=md5:1",
        "-r other.txt",
        "six @ https://example.org/x",
    ],
)
def test_anything_that_is_not_an_exact_pin_is_refused(file, line):
    with pytest.raises(ReleaseError, match="not an exact pin with hashes"):
        lock.read(file(line + "\n"))


def test_the_locks_of_the_project_are_readable_and_agree():
    root = Path(__file__).resolve().parents[3]
    locks = [lock.read(root / name) for name in ("requirements.txt", "requirements-deploy.txt")]
    merged = lock.merge(locks)
    assert {"aiohttp", "ansible-core"} <= merged.keys()
    assert set(merged) == set(locks[0]) | set(locks[1])


def test_locks_that_disagree_are_refused():
    one, two = lock.Pin("six", "1", frozenset({A})), lock.Pin("six", "2", frozenset({B}))
    with pytest.raises(ReleaseError, match="the locks disagree: six 1 and 2"):
        lock.merge([{"six": one}, {"six": two}])
