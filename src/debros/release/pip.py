"""Running pip: the pinned one, started from its wheel, whatever the interpreter has itself."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from debros.release import lock
from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TOOLS = Path(__file__).with_name("tools.txt")
_TIMEOUT = 1800.0  # seconds for one call, a first download over a slow line included
_FETCH = threading.Lock()
_QUIET = ("--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off")


@dataclass(frozen=True, slots=True)
class Pip:
    """The pinned pip.

    Attributes:
        wheel: Its wheel.
        setuptools: Directory with the pinned setuptools unpacked.
    """

    wheel: Path
    setuptools: Path

    def run(self, *words: str, epoch: int = 0) -> None:
        """Run one command.

        Args:
            words: The command.
            epoch: For what is built: the time its files get, in seconds since 1970.

        Raises:
            ReleaseError: It failed; the text says why and what to do.
        """
        environ = {**os.environ, "PYTHONPATH": str(self.setuptools), "SOURCE_DATE_EPOCH": str(epoch)}
        _run([sys.executable, str(self.wheel / "pip"), *words, *_QUIET], environ)


def get(cache: Path, progress: Callable[[str], None]) -> Pip:
    """Return the pinned pip, fetched at the first call.

    Raises:
        ReleaseError: There is no pip to fetch it with, or no answer from the package index.
    """
    with _FETCH:
        return _get(cache, progress)


def _get(cache: Path, progress: Callable[[str], None]) -> Pip:
    pins = lock.read(_TOOLS)
    wheels = {name: f"{name}-{pin.version}-py3-none-any.whl" for name, pin in pins.items()}
    home = cache / ("tools-" + "-".join(f"{pin.name}-{pin.version}" for pin in pins.values()))
    if not home.is_dir():
        progress("fetching pip and setuptools ...")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tools-", dir=cache) as folder:
            work = Path(folder) / "tools"
            words = ["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
            _run([*_any_pip(Path(folder)), *words, "-r", str(_TOOLS), "-d", str(work), *_QUIET], dict(os.environ))
            with zipfile.ZipFile(work / wheels["setuptools"]) as wheel:
                wheel.extractall(work / "setuptools")
            try:
                work.rename(home)
            except OSError:  # another process was first: its copy is the same
                if not home.is_dir():
                    raise
    return Pip(home / wheels["pip"], home / "setuptools")


def _any_pip(work: Path) -> list[str]:
    """Return the command of some pip: this interpreter's, else that of a throw-away environment."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is None:
        raise ReleaseError(
            f"{sys.executable} has neither pip nor the means to install it; "
            "on Debian and Ubuntu: sudo apt-get install -y --no-install-recommends python3-venv"
        )
    _run([sys.executable, "-m", "venv", str(work / "venv")], dict(os.environ))
    return [str(work / "venv" / "bin" / "python"), "-m", "pip"]


def _run(command: Sequence[str], environ: dict[str, str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter with words of this package
            command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False, env=environ,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError as err:
        raise ReleaseError(f"{command[0]} cannot be run: {err.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"pip took longer than {_TIMEOUT:g} s; is the package index slow? Run this again.") from None
    if done.returncode != 0:
        raise ReleaseError(_explain(done.stderr or done.stdout))


def _explain(text: str) -> str:
    """Return what pip's words mean and what to do."""
    if "No space left" in text:
        return "the disk is full; free about 1 GB and run this again"
    if "DO NOT MATCH THE HASHES" in text:
        return "a downloaded package is not the one of the lock file (its hash differs), so it was refused:\n" + _end(
            text
        )
    if any(
        word in text for word in ("NewConnectionError", "NameResolutionError", "TimeoutError", "ProxyError", "SSLError")
    ):
        return (
            "the package index gives no answer. Check the network (behind a proxy: export "
            "HTTPS_PROXY=http://host:port), then run this again: it goes on where it was"
        )
    return "pip failed:\n" + _end(text)


def _end(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-8:])
