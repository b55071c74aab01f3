#!/usr/bin/env python3
"""Puts a release in place on a host. Stands alone: a bare host has nothing of ours yet.

`<into>/<id>/` gets the files and a Python environment. A virtual environment cannot be moved, so everything is made
where it stays, and `.complete` is written last: without it a directory counts for nothing and the next run makes it
anew. `current` is a symbolic link that changes in one step and only ever points to a complete release.

A bundle is the same release with packages of the operating system (`debs/`). Where the release is there already, they
alone are put in place, and nothing that runs is touched.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import platform
import posixpath
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

ID = re.compile(r"[0-9A-Za-z.]+-[0-9a-f]{12}")
STAMP = ".complete"
PACKAGES = "debs/"
FORMAT = 1
# Measured on x86_64: the files take 1.3 times the archive, the Python environments with compiled modules 2.3 times.
ROOM = 4.5


class UnpackError(Exception):
    """The release cannot be put in place; the text says why and what to do."""


def read_manifest(archive: Path) -> dict[str, Any]:
    """Return release.json, which is the first file of an archive, after checking that it can be trusted with paths."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            first = tar.next()
            file = tar.extractfile(first) if first is not None and first.name == "release.json" else None
            if file is None:
                raise UnpackError(f"{archive} is not a release: it does not begin with release.json")
            manifest: dict[str, Any] = json.load(file)
            if manifest["format"] != FORMAT:
                raise UnpackError(f"{archive} has format {manifest['format']}; this program knows {FORMAT}")
            check_names(manifest)
            return manifest
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError, OSError) as err:
        raise UnpackError(f"{archive} is not a release, or damaged: {err}") from None


def check_names(manifest: dict[str, Any]) -> None:
    """Refuse a manifest that would write outside its own directory."""
    if not ID.fullmatch(manifest["id"]):
        raise UnpackError(f"the release calls itself {manifest['id']!r}, which is no name of a release")
    links = manifest["links"]
    for name in [*manifest["files"], *links]:
        parents = [str(parent) for parent in PurePosixPath(name).parents]
        if name != posixpath.normpath(name) or name.startswith(("/", "..")) or any(each in links for each in parents):
            raise UnpackError(f"the release contains {name!r}, which could be written elsewhere; refused")
    for name, target in links.items():
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if target.startswith("/") or place == ".." or place.startswith("../"):
            raise UnpackError(f"the release contains a link {name!r} to {target!r}, outside of itself; refused")


def check_host(manifest: dict[str, Any]) -> None:
    """Refuse a Python or a machine the release has nothing for."""
    python = python_version()
    if python not in manifest["pythons"]:
        wanted = ", ".join(manifest["pythons"])
        raise UnpackError(f"{sys.executable} is Python {python}; this release has packages for {wanted}")
    if platform.machine() != manifest["arch"]:
        raise UnpackError(f"this release is for {manifest['arch']}; this machine is {platform.machine()}")


def python_version() -> str:
    """Return the interpreter's version as far as packages depend on it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def check_digest(archive: Path, expected: str) -> None:
    """Refuse an archive that is not the one that was meant."""
    with archive.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != expected.lower():
        raise UnpackError(f"{archive} has SHA-256 {actual}, expected {expected}; refused. Fetch it again.")


def check_room(archive: Path, into: Path) -> None:
    """Refuse to begin what the disk cannot hold."""
    place = next(directory for directory in (into, *into.parents) if directory.is_dir())
    needed, free = int(archive.stat().st_size * ROOM), shutil.disk_usage(place).free
    if free < needed:
        raise UnpackError(
            f"{place} has {free >> 20} MB left; {needed >> 20} MB are needed. Free some and run this again."
        )


def unpack_files(archive: Path, manifest: dict[str, Any], target: Path, below: str = "") -> None:
    """Write the files of an archive whose names begin with `below`, each checked against the manifest."""
    missing = {name for name in [*manifest["files"], *manifest["links"]] if name.startswith(below)}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name == "release.json" or not member.name.startswith(below):
                    continue
                if member.name not in missing:
                    raise UnpackError(f"{archive} contains {member.name!r}, which its release.json does not; refused")
                missing.discard(member.name)
                unpack_file(tar, member, manifest, target)
    except (tarfile.TarError, EOFError, zlib.error) as err:
        raise UnpackError(f"{archive} is damaged: {err}. Fetch it again.") from None
    if missing:
        raise UnpackError(f"{archive} lacks {', '.join(sorted(missing)[:5])}; fetch it again")


def unpack_file(tar: tarfile.TarFile, member: tarfile.TarInfo, manifest: dict[str, Any], target: Path) -> None:
    """Write one file or link of an archive."""
    name = member.name
    path = target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name in manifest["links"]:
        path.symlink_to(manifest["links"][name])
        return
    digest, mode = manifest["files"][name]
    source = tar.extractfile(member) if member.isreg() else None
    data = source.read() if source else b""
    if source is None or hashlib.sha256(data).hexdigest() != digest:
        raise UnpackError(f"{name} in {tar.name!s} is not what release.json says; refused. Fetch it again.")
    path.write_bytes(data)
    path.chmod(int(mode, 8) & 0o755)


def describe(target: Path, manifest: dict[str, Any]) -> None:
    """Write release.json, in one step."""
    draft = target / ".release.json.new"
    draft.write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    draft.replace(target / "release.json")


def packages(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the operating system's packages a manifest names, with their checksums."""
    return {name: entry for name, entry in manifest["files"].items() if name.startswith(PACKAGES)}


def lacks_packages(manifest: dict[str, Any], target: Path) -> bool:
    """Tell whether an archive brings packages of the operating system that an unpacked release has not."""
    return bool(packages(manifest)) and packages(manifest) != packages(about(target) or {"files": {}})


def replace_packages(archive: Path, manifest: dict[str, Any], target: Path) -> None:
    """Give an unpacked release the packages of an archive, instead of those it may have had."""
    draft = target / ".packages.new"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir()
        unpack_files(archive, manifest, draft, PACKAGES)
        # As long as they are not all there, release.json names none: a run that is killed here is done anew.
        others = {name: entry for name, entry in manifest["files"].items() if not name.startswith(PACKAGES)}
        describe(target, {**manifest, "files": others})
        shutil.rmtree(target / PACKAGES, ignore_errors=True)
        (draft / PACKAGES).rename(target / PACKAGES)
        os.sync()
        describe(target, manifest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def make_environment(release: Path, name: str, requirements: str) -> None:
    """Make a Python environment of the release's wheels; nothing is asked of a network."""
    home = release / name
    shutil.rmtree(home, ignore_errors=True)
    # The system's interpreter, also when this runs inside another environment.
    base = getattr(sys, "_base_executable", None) or sys.executable
    run([base, "-m", "venv", "--without-pip", str(home)])
    pip = next((release / "wheels").glob("pip-*.whl")) / "pip"
    python = str(home / "bin" / "python")
    run([
        python, str(pip), "install", "--isolated", "--quiet", "--no-input", "--disable-pip-version-check",
        "--no-cache-dir", "--no-compile", "--no-index", "--find-links", str(release / "wheels"), "--no-deps",
        "--require-hashes", "--root-user-action", "ignore", "-r", str(release / requirements),
    ])  # fmt: skip
    # Compiled now, because nobody who runs it later may write here. Some packages carry files that are no valid Python.
    run([python, "-m", "compileall", "-q", "-j", "0", str(home / "lib")], check=False)
    write_stamp(home)


def run(command: list[str], *, check: bool = True) -> None:
    """Run a program that answers with its exit status."""
    # The machine's own pip configuration may name an index or forbid what is done here.
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(  # noqa: S603 - our own words
        command, env=environ, capture_output=True, text=True, errors="replace", check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode == 0:
        return
    text = (done.stderr or done.stdout).strip()
    if "No space left" in text:
        raise OSError(errno.ENOSPC, "No space left on device", command[-1])
    if check:
        words = "\n".join(f"  {line}" for line in text.splitlines()[-6:])
        raise UnpackError(f"`{' '.join(command[:3])} …` failed:\n{words}")


def write_stamp(directory: Path) -> None:
    """Mark a directory as finished, after everything in it has reached the disk."""
    os.sync()
    draft = directory / f"{STAMP}.new"
    draft.write_text(python_version() + "\n")
    draft.replace(directory / STAMP)


def is_complete(directory: Path) -> bool:
    """Tell whether a directory was finished, and for this Python."""
    try:
        return (directory / STAMP).read_text().strip() == python_version()
    except OSError:
        return False


def current(into: Path) -> str:
    """Return the id of the release in use, or ""."""
    try:
        return (into / "current").readlink().name
    except OSError:
        return ""


def switch(into: Path, release_id: str) -> None:
    """Make a complete release the one in use, in one step."""
    if before := current(into):
        # The time of the stamp tells when a release was last in use.
        with contextlib.suppress(OSError):
            os.utime(into / before / STAMP)
    draft = into / ".current.new"
    draft.unlink(missing_ok=True)
    draft.symlink_to(release_id)
    draft.replace(into / "current")


def tidy(into: Path, keep: int) -> list[str]:
    """Remove what interrupted runs left and all but the `keep` releases last in use; return their names."""
    found = [path for path in into.iterdir() if ID.fullmatch(path.name) and path.is_dir() and not path.is_symlink()]
    stamped = [path for path in found if (path / STAMP).exists() and path.name != current(into)]
    stamped.sort(key=lambda path: (path / STAMP).stat().st_mtime, reverse=True)
    kept = {current(into), *(path.name for path in stamped[: keep - 1])}
    gone = [path for path in found if path.name not in kept]
    for path in gone:
        (path / STAMP).unlink(missing_ok=True)
        shutil.rmtree(path)
    return [path.name for path in gone]


def place(options: argparse.Namespace) -> dict[str, Any]:
    """Do what was asked and return what became of it."""
    archive, into = options.archive, options.into
    manifest = read_manifest(archive)
    check_host(manifest)
    target = into / manifest["id"]
    steps = []
    if not is_complete(target):
        steps.append("unpack")
    else:
        if lacks_packages(manifest, target):
            steps.append("packages")
        if options.deploy and not is_complete(target / "ansible-venv"):
            steps.append("deploy")
    before = current(into)
    if options.switch and before != manifest["id"]:
        steps.append("switch")
    if options.sha256 and {"unpack", "packages"} & set(steps):
        check_digest(archive, options.sha256)
    if "unpack" in steps:
        check_room(archive, into)
    if not options.check:
        perform(steps, options, manifest, target)
    return {
        "changed": bool(steps),
        "id": manifest["id"],
        "path": str(target),
        "steps": steps,
        "previous": before if before != manifest["id"] else "",
        "runtime_changed": "switch" in steps and runtime(into / before) != manifest["runtime"],
    }


def about(release: Path) -> dict[str, Any] | None:
    """Return what an unpacked release says about itself; None when it is damaged or not there."""
    try:
        found = json.loads((release / "release.json").read_text("utf-8"))
        return found if isinstance(found["files"], dict) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def runtime(release: Path) -> str:
    """Return the checksum of what services of an unpacked release are made of, or ""."""
    return str((about(release) or {}).get("runtime", ""))


def perform(steps: list[str], options: argparse.Namespace, manifest: dict[str, Any], target: Path) -> None:
    """Take the steps; a release that cannot be finished is removed again."""
    into = options.into
    os.umask(0o022)
    into.mkdir(parents=True, exist_ok=True)
    with (into / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another run may have finished it while this one waited.
        if "unpack" in steps and not is_complete(target):
            try:
                shutil.rmtree(target, ignore_errors=True)
                target.mkdir()
                unpack_files(options.archive, manifest, target)
                describe(target, manifest)
                make_environment(target, "venv", "requirements.txt")
                if options.deploy:
                    make_environment(target, "ansible-venv", "requirements-deploy.txt")
                write_stamp(target)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
        if lacks_packages(manifest, target):
            replace_packages(options.archive, manifest, target)
        if "deploy" in steps:
            make_environment(target, "ansible-venv", "requirements-deploy.txt")
        if "switch" in steps:
            switch(into, manifest["id"])
        if steps and current(into) == manifest["id"]:
            tidy(into, options.keep)


def main(words: list[str] | None = None) -> int:
    """Run from the command line; prints one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="unpack", description="Put a release of DeBros Network in place on this host."
    )
    parser.add_argument("archive", type=Path, help="debros-<id>.tar.gz")
    parser.add_argument("--into", type=Path, required=True, help="directory of releases, for example /opt/debros/src")
    parser.add_argument("--sha256", default="", help="what the archive must hash to")
    parser.add_argument("--switch", action="store_true", help="make it the current release")
    parser.add_argument("--deploy", action="store_true", help="also make the environment with Ansible")
    parser.add_argument("--keep", type=int, default=2, help="releases to keep, the current one included (default: 2)")
    parser.add_argument("--check", action="store_true", help="change nothing, say what would be done")
    options = parser.parse_args(words)
    options.into = options.into.absolute()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        print(json.dumps(place(options)))  # noqa: T201 - the answer
    except UnpackError as err:
        print(f"error: {err}", file=sys.stderr)  # noqa: T201 - for people
        return 1
    except OSError as err:
        text = f"error: {err.filename or options.into}: {err.strerror or err}"
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            text += "; nothing was left behind. Free some space and run this again."
        print(text, file=sys.stderr)  # noqa: T201 - for people
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
