import array
import io
import os
import socket
import struct

import pytest

from debros.journal import Journal, encode, field_name, is_journal


@pytest.fixture
def journald(tmp_path):
    """A socket in journald's place; gives its path and what arrives."""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(30)
        yield path, server


@pytest.fixture
def journal(journald):
    journal = Journal.open(journald[0])
    yield journal
    journal.close()


def test_plain_values():
    assert encode({"MESSAGE": "hello", "PRIORITY": "6"}) == b"MESSAGE=hello\nPRIORITY=6\n"


def test_a_value_with_line_ends_cannot_pretend_to_be_a_field():
    value = "hello\nPRIORITY=0"
    assert encode({"MESSAGE": value}) == b"MESSAGE\n" + struct.pack("<Q", len(value)) + value.encode() + b"\n"


def test_text_that_is_not_utf_8_is_escaped():
    assert encode({"MESSAGE": "a\udcff"}) == b"MESSAGE=a\\udcff\n"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("namespace", "DEBROS_NAMESPACE"),
        ("request_id", "DEBROS_REQUEST_ID"),
        ("a-b.é", "DEBROS_A_B__"),
        ("x" * 99, "DEBROS_" + "X" * 57),
    ],
)
def test_field_names(key, name):
    assert field_name(key) == name


def test_an_entry_arrives(journald, journal):
    journal.send({"MESSAGE": "hello"})
    assert journald[1].recv(100) == b"MESSAGE=hello\n"


def test_an_entry_that_no_datagram_can_hold_arrives_as_a_sealed_file(journald, journal):
    journal.send({"MESSAGE": "x" * 10_000_000})
    data, control, _, _ = journald[1].recvmsg(10, socket.CMSG_SPACE(4))
    assert data == b""
    (file,) = array.array("i", control[0][2])
    with os.fdopen(file, "rb") as reader:
        reader.seek(0)
        assert reader.read() == b"MESSAGE=" + b"x" * 10_000_000 + b"\n"
        with pytest.raises(PermissionError):
            os.truncate(file, 0)


def test_a_restarted_journald_is_found_again(journald, journal):
    path, server = journald
    server.close()
    path.unlink()
    with pytest.raises(FileNotFoundError):
        journal.send({"MESSAGE": "lost"})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as again:
        again.bind(str(path))
        again.settimeout(30)
        journal.send({"MESSAGE": "back"})
        assert again.recv(100) == b"MESSAGE=back\n"


def test_no_journal_where_there_is_no_socket(tmp_path):
    assert Journal.open(tmp_path / "none") is None


def test_a_stream_is_the_journal_when_device_and_inode_are_those_systemd_names(tmp_path):
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + 1}"})
        assert not is_journal(stream, {})
    assert not is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:1"})
