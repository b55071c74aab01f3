"""Errors of lower floors, as the operator meets them: what went wrong, what to do next, and the exit code."""

from __future__ import annotations

import sqlite3

from debros.config import ConfigError
from debros.config.secretfiles import SecretFileError
from debros.identity import IdentityError
from debros.rqlite.errors import AccessDenied, NoLeader, RqliteError, Unavailable
from debros.terminal.errors import CliError, ExitCode

_NO_LEADER = "a majority of the voters must run and reach each other: see 'debros-host leader' on each host"
_NOT_RUNNING = "see: systemctl status debros-rqlite; journalctl -u debros-rqlite -n 50"
_ACCESS = "the user 'admin' of rqlite-auth.json must have this password; rqlite reads that file once, when it starts"


def from_below(error: Exception) -> CliError | None:
    """Return the error to show; None for one that nobody foresaw."""
    known: CliError | None = None
    match error:
        case ConfigError():
            known = CliError(str(error), code="configuration", verbatim=True)
        case SecretFileError():
            known = CliError(error.message, code="secret_file", hint=error.hint)
        case IdentityError():
            known = CliError(str(error), code="identity")
        case NoLeader():
            text = f"the cluster has no leader: {error}"
            known = CliError(text, code="no_leader", exit_code=ExitCode.UNAVAILABLE, hint=_NO_LEADER)
        case Unavailable():
            known = CliError(str(error), code="unavailable", exit_code=ExitCode.UNAVAILABLE, hint=_NOT_RUNNING)
        case AccessDenied():
            known = CliError(str(error), code="access_denied", hint=_ACCESS)
        case RqliteError():
            known = CliError(f"rqlite: {error}", code="rqlite")
        case sqlite3.Error():
            known = CliError(f"SQLite: {error}", code="sqlite")
    return known
