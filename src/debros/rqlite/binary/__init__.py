"""A working rqlited for this machine: found, fetched, verified and remembered."""

from debros.rqlite.binary.inspect import Binary
from debros.rqlite.binary.release import Release
from debros.rqlite.binary.search import Attempt, BinaryNotFound, find, on_the_path

__all__ = ["Attempt", "Binary", "BinaryNotFound", "Release", "find", "on_the_path"]
