import msgspec
import pytest

from debros.node.heartbeat import MAX_BYTES, Word, encode
from debros.node.roll import Roll

OWN, MEMBER, STRANGER = "12D3KooWown", "12D3KooWmember", "12D3KooWstranger"
NOW = 1_700_000_000.0
WORD = Word(
    at=int(NOW * 1000), version="1.2.3", rqlite_version="v10", uptime=5, peers=2, cpu_percent=1.5, memory_bytes=99,
    database_role="leader", database_ready=True,
)  # fmt: skip


def said(at=NOW, **changes):
    return encode(msgspec.structs.replace(WORD, at=int(at * 1000), **changes))


class Clock:
    """Both clocks of a roll."""

    now = NOW


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def members():
    return {OWN: "n1", MEMBER: "n2"}


@pytest.fixture
def roll(clock, members):
    return Roll(OWN, "own", lambda: members, clock=lambda: clock.now, monotonic=lambda: clock.now)


def states(roll):
    return [(report.name, report.state, report.age) for report in roll.reports()]


def test_who_was_never_heard_is_unknown(roll):
    assert states(roll) == [("n1", "unknown", None), ("n2", "unknown", None)]
    assert roll.reports()[1].peers is None


def test_a_member_is_believed_and_falls_silent(roll, clock, caplog):
    caplog.set_level("INFO")
    assert roll.accepts(MEMBER, said())
    roll.hear(MEMBER, said())
    clock.now += 90
    assert states(roll)[1] == ("n2", "up", 90)
    report = roll.reports()[1]
    assert (report.version, report.peers, report.database_role) == ("1.2.3", 2, "leader")
    clock.now += 1
    assert states(roll)[1] == ("n2", "down", 91)
    roll.watch()
    roll.watch()
    assert caplog.text.count("not heard any more") == 1
    roll.hear(MEMBER, said(clock.now))
    assert states(roll)[1] == ("n2", "up", 0)
    assert "heard again" in caplog.text


def test_a_stranger_is_not_believed_until_it_is_a_member(roll, members):
    assert not roll.accepts(STRANGER, said())
    members[STRANGER] = "n3"
    assert roll.accepts(STRANGER, said())


def test_a_recording_is_not_believed(roll, clock):
    roll.hear(MEMBER, said())
    assert not roll.accepts(MEMBER, said())
    assert not roll.accepts(MEMBER, said(NOW - 1))
    assert roll.accepts(MEMBER, said(NOW + 0.001))
    clock.now += 100
    assert not roll.accepts(MEMBER, said(NOW + 1))


@pytest.mark.parametrize("off", [-91, 91, 1e9, -NOW])
def test_a_clock_that_differs_is_told_once(roll, off, caplog):
    for step in range(3):
        assert not roll.accepts(MEMBER, said(NOW + off + step / 100))
    assert caplog.text.count("its clock differs") == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\xc1" * 20,
        said()[:-1],
        said() + b"x",
        said(version="v" * 65),
        said(version="v" * MAX_BYTES),
        said(peers=-1),
        said(cpu_percent=float("nan")),
        said(memory_bytes=2**60),
        msgspec.msgpack.encode({"at": int(NOW * 1000)}),
        msgspec.msgpack.encode([1, 2, 3]),
    ],
)
def test_garbage_of_a_member_changes_nothing(roll, data):
    assert not roll.accepts(MEMBER, data)
    roll.hear(MEMBER, data)
    assert states(roll)[1] == ("n2", "unknown", None)


def test_what_a_later_release_adds_is_passed_over(roll):
    assert roll.accepts(MEMBER, msgspec.msgpack.encode(msgspec.to_builtins(WORD) | {"disk_free": 5}))


def test_who_is_no_member_any_more_is_forgotten(roll, members):
    roll.hear(MEMBER, said())
    del members[MEMBER]
    roll.watch()
    assert [name for name, _, _ in states(roll)] == ["n1"]
    members[MEMBER] = "n2"
    assert states(roll)[1] == ("n2", "unknown", None)


def test_names_where_the_list_has_none(clock):
    roll = Roll(OWN, "own", lambda: {MEMBER: ""}, clock=lambda: clock.now, monotonic=lambda: clock.now)
    assert [name for name, _, _ in states(roll)] == ["own", MEMBER]
