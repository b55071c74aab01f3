"""Building a release: what goes in, and whether that was built before."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debros import files
from debros.release import archive, lock, manifest, rqlited, sources, unpack, wheel, wheels
from debros.release.errors import ReleaseError
from debros.release.manifest import Entry, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from debros.rqlite.binary import Binary

_VERSION = re.compile(r"\d+(\.\d+){1,3}((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?")
_KEEP = 3  # archives in dist/; each is about 100 MB


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        root: The project, or an unpacked release.
        out: Where the archive goes.
        cache: Where downloads are kept.
        rqlited: Which rqlited.
        version: Version to give it; "" = the project's.
        debs: Directories of .deb files by the name of their system; empty = a plain release.
    """

    root: Path
    out: Path
    cache: Path
    rqlited: rqlited.Wanted
    version: str = ""
    debs: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A release on disk; `changed` tells whether it was made just now."""

    id: str
    path: str
    sha256: str
    changed: bool
    version: str
    runtime: str
    rqlite: str


def default_cache() -> Path:
    """Return where downloads are kept: `$XDG_CACHE_HOME/debros/release`, by default below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "debros" / "release"


def build(request: Request, progress: Callable[[str], None]) -> Result:
    """Build a release, or return the one that was built from the same things.

    Args:
        request: What is asked for.
        progress: Called with one line before each slow step.

    Raises:
        ReleaseError: It cannot be built; nothing is left half-written.
    """
    if request.version and not _VERSION.fullmatch(request.version):
        raise ReleaseError(f"--version {request.version}: not a version such as 1.2.0 or 1.2.0rc1")
    try:
        with _alone(request.cache, progress):
            if (request.root / "release.json").is_file():
                return _archived(_packed(request), request, progress)
            return _from_sources(request, progress)
    except OSError as err:
        raise ReleaseError(f"{err.filename or request.out}: {err.strerror}") from None


def _from_sources(request: Request, progress: Callable[[str], None]) -> Result:
    top, machine = request.root, request.rqlited.machine
    shipped = sources.collect(top)
    locks = {name: lock.read(top / name) for name in ("requirements.txt", "requirements-deploy.txt")}
    about = sources.build(top, request.version)
    program = rqlited.get(request.rqlited, request.cache, progress)
    key = _key(
        [[asdict(source) for source in shipped], asdict(about), machine, wheels.PYTHONS],
        [
            program.sha256,
            program.source,
            str(program.version),
            [(system, _names(path)) for system, path in request.debs],
        ],
        [sorted(pin.line() for pin in pins.values()) for pins in locks.values()],
    )
    if known := _known(request.out, key):
        return known
    collected = wheels.collect(lock.merge(locks.values()), machine, request.cache, progress)
    own = request.cache / f"own-{key[:16]}" / wheel.name(about)
    own.parent.mkdir(parents=True, exist_ok=True)
    wheel.write(top, shipped, about, own)
    collected["debros"] = [own]
    collected["pip"] = [wheels.pip_wheel(request.cache, progress)]
    # The lock files name what an index has; a host gets exactly the wheels that are here, so it is told their hashes.
    wanted = {
        "requirements.txt": [*locks["requirements.txt"], "debros"],
        "requirements-deploy.txt": list(locks["requirements-deploy.txt"]),
    }
    entries = [
        *(
            Entry(each.path, each.sha256, 0o755 if each.executable else 0o644, each.link, top / each.path)
            for each in shipped
        ),
        *(_entry(f"wheels/{path.name}", path) for paths in collected.values() for path in paths),
        _entry("bin/rqlited", program.path, 0o755),
        *(
            _entry(f"debs/{system}/{path.name}", path)
            for system, home in request.debs
            for path in sorted(home.glob("*.deb"))
        ),
    ]
    for name, packages in wanted.items():
        listed = own.with_name(name)
        listed.write_text(_requirements({package: collected[package] for package in packages}), "utf-8")
        entries.append(_entry(name, listed))
    whole = Manifest(
        about.version, about.commit, about.time, machine, wheels.PYTHONS, _about(program),
        tuple(sorted(entries, key=lambda entry: entry.path)),
    )  # fmt: skip
    result = _archived(whole, request, progress)
    for path in own.parent.iterdir():
        path.unlink()
    own.parent.rmdir()
    files.replace(_note(Path(result.path)), json.dumps({"key": key, "result": asdict(result)}), mode=0o644)
    return result


def _packed(request: Request) -> Manifest:
    """Return the manifest of the unpacked release we are in."""
    whole = manifest.read(request.root)
    asked = [
        ("--version", request.version not in ("", whole.version)),
        ("--arch", request.rqlited.machine != whole.arch),
        ("--rqlited", request.rqlited.path is not None),
        ("--debs", bool(request.debs)),
    ]
    for flag, given in asked:
        if given:
            raise ReleaseError(
                f"{request.root} is a finished release: it can be packed again as it is, without {flag}; "
                "anything else is built in a checkout of the project"
            )
    return whole


def _archived(whole: Manifest, request: Request, progress: Callable[[str], None]) -> Result:
    bundle = any(entry.path.startswith("debs/") for entry in whole.entries)
    # Most machines are x86_64, so only the others are named.
    suffix = "" if whole.arch == "x86_64" else f"-{whole.arch}"
    target = request.out / f"debros-{'bundle-' if bundle else ''}{whole.id}{suffix}.tar.gz"
    rqlite = " ".join(filter(None, (whole.rqlite["version"], f"({whole.rqlite['source']})")))
    # An unpacked release is packed again only if its archive is not there any more, or has other .deb files.
    changed = not ((request.root / "release.json").is_file() and _packs(target, whole))
    if changed:
        progress(f"packing {target.name} ...")
        digest = archive.write(whole, target)
        _prune(request.out, target)
    else:
        digest = archive.sha256(target)
    return Result(whole.id, str(target), digest, changed, whole.version, whole.runtime, rqlite)


def _packs(target: Path, whole: Manifest) -> bool:
    """Tell whether an archive is there, and is exactly this release."""
    try:
        return bool(unpack.read_manifest(target) == json.loads(whole.text()))
    except unpack.UnpackError:
        return False


def _known(out: Path, key: str) -> Result | None:
    """Return what was built from the same things, if it is still there and whole."""
    for path in out.glob(_note(Path("debros-*.tar.gz")).name):
        try:
            note: dict[str, Any] = json.loads(path.read_text("utf-8"))
            result = Result(**{**note["result"], "changed": False})
            if note["key"] == key and archive.sha256(Path(result.path)) == result.sha256:
                return result
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _note(target: Path) -> Path:
    """Return where it is remembered what an archive was built from."""
    return target.with_name(f".{target.name}.json")


def _prune(out: Path, newest: Path) -> None:
    """Remove older archives of ours."""
    pattern = re.compile(r"debros-.*-[0-9a-f]{12}(-aarch64)?\.tar\.gz")
    ours = [path for path in out.iterdir() if pattern.fullmatch(path.name)]
    old = sorted(ours, key=lambda path: path.stat().st_mtime, reverse=True)
    for path in old[_KEEP:]:
        if path != newest:
            path.unlink()
            _note(path).unlink(missing_ok=True)


def _entry(name: str, path: Path, mode: int = 0o644) -> Entry:
    return Entry(name, archive.sha256(path), mode, source=path)


def _requirements(collected: dict[str, list[Path]]) -> str:
    lines = ["# The wheels of this release; made by debros.release."]
    for name, paths in sorted(collected.items()):
        version = paths[0].name.split("-")[1]
        lines.append(lock.Pin(name, version, frozenset(map(archive.sha256, paths))).line())
    return "\n".join(lines) + "\n"


def _about(program: Binary) -> dict[str, str]:
    return {
        "version": str(program.version),
        "source": program.source,
        "sha256": program.sha256,
        "note": program.note,
    }


def _names(home: Path) -> list[str]:
    return sorted(path.name for path in home.glob("*.deb"))


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@contextmanager
def _alone(cache: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Keep two builds apart; the lock vanishes with its holder."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another build ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def here() -> str:
    """Return this machine's architecture.

    Raises:
        ReleaseError: Releases are not made for it.
    """
    machine = platform.machine()
    if machine not in wheels.machines():
        raise ReleaseError(f"releases are for {' and '.join(wheels.machines())}; this is {machine}, so say --arch")
    return machine
