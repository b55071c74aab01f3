"""What holds for every test."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import debros.p2p  # noqa: F401 - makes `import libp2p` work, which some test files do first of all

# By itself hypothesis fails examples that take 200 ms, or are slow to make. That tells of the machine only.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_HERE = Path(__file__).parent
# In these folders the files share hosts or a cluster: one process runs all of a folder.
_SHARED = ("integration/hosts", "integration/cluster", "integration/rqlite")
# What takes longest comes first, so that no process ends long after the other.
_FIRST = (
    "integration/hosts",
    "integration/local/test_up.py",
    "integration/test_readme.py",
    "integration/local",
    "integration/cluster",
    "integration/gateway",
    "integration/rqlite",
    "integration/p2p",
    "integration",
    "interop",
    "unit/ansible",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say which tests one of several processes has to run alone (pytest-xdist), and in which order it takes them."""
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item.path)))
    items.sort(key=lambda item: _rank(item.path))


def _group(file: Path) -> str:
    """Return what belongs together: a whole folder, or one file."""
    name = file.relative_to(_HERE).as_posix()
    return next((folder for folder in _SHARED if name.startswith(f"{folder}/")), name)


def _rank(file: Path) -> int:
    name = file.relative_to(_HERE).as_posix()
    return next((place for place, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))
