"""The joiner runs on a bare host: nothing but the standard library, on every Python that has our services."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOADED = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def loaded(before=""):
    done = subprocess.run([sys.executable, "-I", "-c", before + LOADED], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_it_imports_the_standard_library_and_itself() -> None:
    joiner = loaded(f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import debros.enrol.join; ")
    assert "debros" in joiner
    # What an interpreter loads here before anything is asked of it (.pth files of the environment) does not count.
    assert joiner - loaded() - sys.stdlib_module_names == {"debros"} - loaded()


@pytest.mark.parametrize("words", [[], ["leave"], ["join"], ["join", "--name", "a"], ["check", "--address", "x"]])
def test_wrong_usage(words) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "debros.enrol.join", *words], input="", capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr
