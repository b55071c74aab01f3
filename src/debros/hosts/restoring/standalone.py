"""An rqlited of our own, on loopback, alone, with a password nobody else knows: it makes data directories."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from debros import files
from debros.hosts.database import Database
from debros.hosts.snapshots import store
from debros.hosts.waiting import Wait
from debros.rqlite import binary
from debros.rqlite.command import standalone as command_line
from debros.rqlite.errors import RqliteError
from debros.supervise import guard
from debros.terminal.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from debros.hosts.restoring.members import Member
    from debros.hosts.settings import Settings

_USER = "restore"
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_LAST_LINES = 5


@contextlib.contextmanager
def running(settings: Settings, member: Member, directory: Path, work: Path) -> Iterator[Database]:
    """Run rqlited on an empty directory, as the only member of a cluster; it has ended when the context ends.

    It runs as the owner of `work` and dies with this process. Nobody can reach its Raft port's protocol by accident:
    both ports are on loopback, and its data name the address under which the others will know it later.

    Args:
        settings: which rqlited, and whether to talk.
        member: as whom.
        directory: where its data go; it does not exist yet.
        work: where its password and its log may lie.

    Raises:
        CliError: it does not start.
    """
    user = work.stat()
    password = secrets.token_urlsafe(32)
    auth, log = work / "auth.json", work / "rqlited.log"
    files.replace(auth, json.dumps([{"username": _USER, "password": password, "perms": ["all"]}]))
    store.adopt(auth, work)
    http, raft = _free_ports()
    # What runs the database of this host is good enough here.
    program = binary.find(settings.node.database.rqlite_binary, allow_third_party=True)
    line = command_line(program, member.id, http=http, raft=raft, advertised=member.address, auth=auth, data=directory)
    as_owner = {"user": user.st_uid, "group": user.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    with log.open("wb") as output:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - no shell
            [sys.executable, "-I", guard.__file__, str(os.getpid()), *line],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            umask=0o077,
            **as_owner,
        )
    try:
        with Database(http, (_USER, password), auth) as database:
            _until_ready(settings, database, process, log)
            yield database
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        auth.unlink(missing_ok=True)


def _until_ready(settings: Settings, database: Database, process: subprocess.Popen[bytes], log: Path) -> None:
    def obstacle() -> str:
        if process.poll() is not None:
            raise _failed(f"it ended with {process.returncode}", log)
        try:
            return database.not_ready()
        except RqliteError as error:
            return str(error)

    if reason := Wait(settings, "an rqlited of our own", _START_SECONDS).until(obstacle):
        raise _failed(reason, log)


def _failed(reason: str, log: Path) -> CliError:
    with contextlib.suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        reason = "\n  ".join([f"{reason}; it said last:", *lines])
    return CliError(f"an rqlited that makes the new data does not run: {reason}", code="standalone_failed")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
