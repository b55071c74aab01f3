"""Sending structured entries to systemd's journal, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL)."""

import array
import errno
import fcntl
import os
import re
import socket
import struct
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self, TextIO

SOCKET = Path("/run/systemd/journal/socket")

# Field names: capitals, digits and underscores, a capital first, at most 64 bytes; journald drops others.
_NOT_ALLOWED = re.compile(r"[^A-Z0-9_]")
_LONGEST_NAME = 64
# What systemd's own sd_journal_send asks for, so that a burst does not block.
_SEND_BUFFER = 8 * 1024 * 1024
_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)


def is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether a stream is connected to the journal: systemd names its device and inode in JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


@cache
def field_name(key: str, prefix: str = "DEBROS_") -> str:
    """Make a journal field's name: ``request_id`` becomes ``DEBROS_REQUEST_ID``; names are few, and remembered."""
    return (prefix + _NOT_ALLOWED.sub("_", key.upper()))[:_LONGEST_NAME]


def encode(fields: Mapping[str, str]) -> bytes:
    """Write an entry as the journal reads it.

    A value without a line end is ``NAME=value``; one with line ends is the name, its length as 64 bits little endian,
    and the value, so that no value can pretend to be a field.
    """
    parts = []
    for name, value in fields.items():
        raw = value.encode("utf-8", "backslashreplace")
        if b"\n" in raw:
            parts.append(name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n")
        else:
            parts.append(name.encode() + b"=" + raw + b"\n")
    return b"".join(parts)


class Journal:
    """A connection to the journal's socket. It survives restarts of journald, for every entry finds the socket anew."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)

    @classmethod
    def open(cls, path: Path | None = None) -> Self | None:
        """Open the journal (systemd's by default), or give None where there is none."""
        path = path or SOCKET
        return cls(path) if path.is_socket() else None

    def send(self, fields: Mapping[str, str]) -> None:
        """Send one entry.

        Raises:
            OSError: nobody listens on the socket.
        """
        entry = encode(fields)
        try:
            self._socket.sendto(entry, self._path)
        except OSError as error:
            if error.errno not in _TOO_LARGE:
                raise
            self._send_in_memory(entry)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send_in_memory(self, entry: bytes) -> None:
        """Send an entry that no datagram can hold as a sealed file in memory, which journald accepts as well."""
        file = os.memfd_create("journal-entry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with os.fdopen(os.dup(file), "wb") as writer:
                writer.write(entry)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))
            self._socket.sendmsg([], [rights], 0, self._path)
        finally:
            os.close(file)
