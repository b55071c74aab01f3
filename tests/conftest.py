"""What holds for every test."""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import debros.p2p  # noqa: F401 - makes `import libp2p` work, which some test files do first of all

# By itself hypothesis fails examples that take 200 ms, or are slow to make. That tells of the machine only.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A shell ignores Ctrl-C for what it starts in the background, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_HERE = Path(__file__).parent
# In these folders the files share hosts or a cluster: one process runs all of it.
_SHARED = ("integration/hosts", "integration/cluster", "integration/rqlite")
# What takes longest comes first, so that no process ends long after the others.
_FIRST = (
    "integration/hosts",
    "integration/local/test_up.py",
    "integration/test_readme.py",
    "integration/scripts",
    "integration/release",
    "integration/cli/test_cli_docs.py",
    "integration/local",
    "integration/cluster",
    "integration/gateway",
    "integration/rqlite",
    "integration/p2p",
    "integration",
    "interop",
    "unit/ansible",
)


class _Together(LoadScopeScheduling):
    """Gives a process whole files, and whole folders where their files share what takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].removeprefix("tests/")
        return next((folder for folder in _SHARED if file.startswith(f"{folder}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Together:
    """Say which tests one of several processes runs (pytest-xdist)."""
    return _Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say in which order several processes take the tests; one process takes them as they come."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.path.relative_to(_HERE).as_posix()))


def _rank(file: str) -> int:
    return next((place for place, start in enumerate(_FIRST) if file.startswith(start)), len(_FIRST))
