"""The services' own wheel, written directly: the same bytes from the same sources on every machine.

Files are stored, not deflated, because compressed bytes differ between versions of zlib. The format is that of
https://packaging.python.org/en/latest/specifications/binary-distribution-format/; a test compares the content with
what the project's declared build back-end makes of the same sources.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any

from debros.release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from debros.release.sources import Build, Source

_MODULES = "src/"
_MIGRATIONS = "migrations/"


def name(build: Build) -> str:
    """Return the file name of the wheel."""
    return f"debros-{build.version}-py3-none-any.whl"


def write(top: Path, sources: Iterable[Source], build: Build, target: Path) -> None:
    """Write the wheel.

    Raises:
        ReleaseError: pyproject.toml lacks what the metadata need, or a file cannot be read or written.
    """
    try:
        project = tomllib.loads((top / "pyproject.toml").read_text("utf-8"))["project"]
        files = dict(_content(top, sources, build, project))
        pack(files, target, build.epoch, info=f"debros-{build.version}.dist-info")
    except (OSError, ValueError, KeyError) as err:
        raise ReleaseError(f"the wheel of {top} cannot be made: {err}") from None


def _content(
    top: Path, sources: Iterable[Source], build: Build, project: dict[str, Any]
) -> Iterable[tuple[str, bytes]]:
    for source in sources:
        if source.link:
            continue
        if source.path.startswith(_MODULES):
            yield source.path.removeprefix(_MODULES), (top / source.path).read_bytes()
        elif source.path.startswith(_MIGRATIONS):
            yield f"debros/_data/{source.path}", (top / source.path).read_bytes()
    note = {"version": build.version, "commit": build.commit, "build_time": build.time}
    yield "debros/_build.json", json.dumps(note, indent=2).encode()
    info = f"debros-{build.version}.dist-info"
    yield f"{info}/METADATA", _metadata(project, build.version).encode()
    yield f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: debros.release\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    scripts = "".join(f"{name} = {target}\n" for name, target in sorted(project["scripts"].items()))
    yield f"{info}/entry_points.txt", f"[console_scripts]\n{scripts}".encode()
    for license_file in project["license-files"]:
        yield f"{info}/licenses/{license_file}", (top / license_file).read_bytes()


def _metadata(project: dict[str, Any], version: str) -> str:
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {version}",
        f"Summary: {project['description']}",
        f"License-Expression: {project['license']}",
        *(f"License-File: {each}" for each in project["license-files"]),
        *(f"Classifier: {each}" for each in project["classifiers"]),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {each}" for each in project["dependencies"]),
    ]
    return "\n".join(lines) + "\n"


def repack(made: Path, target: Path, epoch: int) -> None:
    """Write a wheel that some build back-end made once more, with the same content and reproducible bytes.

    Raises:
        ReleaseError: It is not a wheel.
    """
    try:
        with zipfile.ZipFile(made) as wheel:
            files = {info.filename: wheel.read(info) for info in wheel.infolist() if not info.is_dir()}
        record = next(path for path in files if path.endswith(".dist-info/RECORD"))
    except (OSError, zipfile.BadZipFile, StopIteration) as err:
        raise ReleaseError(f"{made} is not a wheel: {err}") from None
    del files[record]
    pack(files, target, epoch, info=record.removesuffix("/RECORD"))


def pack(files: dict[str, bytes], target: Path, epoch: int, *, info: str) -> None:
    """Write a wheel of these files and their RECORD; `info` is the name of its .dist-info directory."""
    # The metadata go last, as the specification recommends.
    order = sorted(files, key=lambda path: (path.startswith(f"{info}/"), path))
    rows = [f"{path},sha256={_digest(files[path])},{len(files[path])}" for path in order]
    record = "\n".join([*rows, f"{info}/RECORD,,", ""])
    moment = time.gmtime(epoch)[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as wheel:
        for path, data in [*((path, files[path]) for path in order), (f"{info}/RECORD", record.encode())]:
            entry = zipfile.ZipInfo(path, moment)
            entry.create_system = 3  # Unix, so that the mode counts
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, data)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
