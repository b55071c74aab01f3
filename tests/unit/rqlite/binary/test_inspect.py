import hashlib

import pytest

from debros.rqlite.binary.inspect import SourceError, inspect
from debros.rqlite.version import Version


def test_what_a_binary_is(tools, program):
    path = tools("rqlited", program())
    binary = inspect(path, "path")
    assert (binary.path, binary.version, binary.source, binary.note) == (path, Version(10, 2, 7), "path", "")
    assert binary.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_version_may_stand_on_stderr_and_lack_its_numbers(tools):
    binary = inspect(tools("rqlited", "#!/bin/sh\necho 'rqlited 8 linux amd64 go1.22.5' >&2\n"), "npm")
    assert binary.version == Version(8, 26, 0)
    assert binary.note == (
        "built without a version number; taken for 8.26.0; older than 9.3.13: for local clusters and tests only"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho hello v10.2.7", "is not rqlited: `-version` says 'hello v10.2.7'"),
        ("#!/bin/sh\necho 'rqlited v10.2.7 linux'; exit 3", "is not rqlited"),
        ("#!/bin/sh\necho 'rqlited unknown'", "is not rqlited"),
        ("#!/bin/sh\necho 'rqlited v7.21.4 linux'", "is rqlite 7.21.4; 8.26.0 or newer is needed"),
        ("#!/nowhere/sh\n", "cannot be run"),
        ("", "cannot be run"),
    ],
)
def test_what_a_binary_is_not(tools, text, message):
    with pytest.raises(SourceError) as caught:
        inspect(tools("rqlited", text), "path")
    assert message in str(caught.value)


def test_files_that_are_no_programs(tmp_path):
    with pytest.raises(SourceError, match="is not a file"):
        inspect(tmp_path, "configured")
    (tmp_path / "rqlited").write_text("x")
    with pytest.raises(SourceError, match="is not executable"):
        inspect(tmp_path / "rqlited", "configured")
