"""Wheels of every package in the locks, for several Pythons, each checked against the lock's hashes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from debros.release import pip, wheel
from debros.release.errors import ReleaseError
from debros.release.lock import Pin, normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PYTHONS = ("3.11", "3.12", "3.13")
# Debian 12, the oldest system we support, has glibc 2.36; packages are built against 2.28 or older.
_PLATFORMS = {
    "x86_64": ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_5_x86_64",
               "manylinux1_x86_64"),
    "aarch64": ("manylinux_2_28_aarch64", "manylinux2014_aarch64", "manylinux_2_17_aarch64"),
}  # fmt: skip
# Their authors publish no wheels. They are plain Python, so one wheel of each, made here, fits every machine; a package
# that is not named here and has no wheel stops the build instead of being compiled unseen.
_PURE_SDISTS = frozenset({"python-baseconv", "varint"})
_EPOCH = 315532800  # 1980-01-01: the time of the files in the wheels made here


def machines() -> tuple[str, ...]:
    """Return the architectures a release can be for."""
    return tuple(_PLATFORMS)


def collect(
    pins: Mapping[str, Pin], machine: str, cache: Path, progress: Callable[[str], None]
) -> dict[str, list[Path]]:
    """Return the wheels of each package by its name, downloading what the cache does not have.

    Args:
        pins: The packages.
        machine: x86_64 or aarch64.
        cache: Where wheels are kept.
        progress: Called with one line before each slow step.

    Raises:
        ReleaseError: A package has no wheel, a hash differs, or the package index does not answer.
    """
    binary = [pin for name, pin in sorted(pins.items()) if name not in _PURE_SDISTS]
    pure = [pin for name, pin in sorted(pins.items()) if name in _PURE_SDISTS]
    with ThreadPoolExecutor(len(PYTHONS)) as pool:
        folders = [pool.submit(_downloaded, binary, python, machine, cache, progress) for python in PYTHONS]
        paths = {path.name: path for folder in folders for path in folder.result().glob("*.whl")}
    for path in paths.values():
        _check(path, pins)
    paths |= {path.name: path for path in _built(pure, cache, progress).glob("*.whl")}
    found: dict[str, list[Path]] = {}
    for name, path in sorted(paths.items()):
        found.setdefault(normalised(name.partition("-")[0]), []).append(path)
    if missing := sorted(pins.keys() - found.keys()):
        raise ReleaseError(f"no wheel of {', '.join(missing)}")
    return found


def pip_wheel(cache: Path, progress: Callable[[str], None]) -> Path:
    """Return the wheel of pip that goes into a release.

    Raises:
        ReleaseError: It cannot be fetched.
    """
    return pip.get(cache, progress).wheel


def _downloaded(pins: list[Pin], python: str, machine: str, cache: Path, progress: Callable[[str], None]) -> Path:
    """Return the directory with the wheels of some packages for one Python."""
    platforms = [word for platform in _PLATFORMS[machine] for word in ("--platform", platform)]
    target = ["--python-version", python, "--implementation", "cp", *platforms]

    def fill(requirements: Path, folder: Path) -> None:
        progress(f"fetching {len(pins)} packages for Python {python} on {machine} ...")
        words = ["--no-deps", "--require-hashes", "--only-binary=:all:", *target]
        pip.get(cache, progress).run("download", *words, "-r", str(requirements), "-d", str(folder))

    return _kept(cache, f"wheels-cp{python.replace('.', '')}-{machine}", pins, fill)


def _built(pins: list[Pin], cache: Path, progress: Callable[[str], None]) -> Path:
    """Return the directory with the wheels that are made here."""

    def fill(requirements: Path, folder: Path) -> None:
        progress(f"making wheels of {', '.join(pin.name for pin in pins)} ...")
        made = folder / "made"
        words = ["--no-deps", "--require-hashes", "--no-build-isolation", "--no-cache-dir"]
        pip.get(cache, progress).run("wheel", *words, "-r", str(requirements), "-w", str(made), epoch=_EPOCH)
        for path in made.iterdir():
            if not path.name.endswith("-py3-none-any.whl"):
                raise ReleaseError(f"{path.name} is not plain Python any more; it cannot be built for other machines")
            wheel.repack(path, folder / path.name, _EPOCH)
        shutil.rmtree(made)

    return _kept(cache, "wheels-made", pins, fill)


def _kept(cache: Path, kind: str, pins: list[Pin], fill: Callable[[Path, Path], None]) -> Path:
    """Return a directory of the cache, filled at the first call; it appears by rename, so it is whole or not there."""
    requirements = "\n".join(pin.line() for pin in pins) + "\n"
    home = cache / f"{kind}-{hashlib.sha256(requirements.encode()).hexdigest()[:16]}"
    if not home.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".wheels-", dir=cache) as folder:
            work = Path(folder) / "wheels"
            work.mkdir()
            (Path(folder) / "requirements.txt").write_text(requirements, "utf-8")
            fill(Path(folder) / "requirements.txt", work)
            work.rename(home)
    return home


def _check(path: Path, pins: Mapping[str, Pin]) -> None:
    """Refuse a wheel of the cache that is not one of the lock's files any more."""
    pin = pins.get(normalised(path.name.partition("-")[0]))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if pin is None or digest not in pin.hashes:
        raise ReleaseError(
            f"{path} is not a file of the lock (SHA-256 {digest}); remove {path.parent} and run this again"
        )
