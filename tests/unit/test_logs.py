import asyncio
import datetime as dt
import io
import json
import logging
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import traceback

import pytest
import structlog
import trio
import trio.lowlevel

from debros import logs
from debros.config import LoggingSection
from debros.loghandlers import RateLimit


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers[:]:
        if handler not in handlers:
            root.removeHandler(handler)
            handler.close()
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def journald(tmp_path, monkeypatch):
    path = tmp_path / "socket"
    monkeypatch.setattr("debros.journal.SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(30)
        yield server, path


@pytest.fixture
def stream(tmp_path):
    with (tmp_path / "stdout").open("w+") as stream:
        status = os.fstat(stream.fileno())
        yield stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


def configure(stream=None, *, level="info", form="console", file=None, environ=None):
    stream = stream if stream is not None else io.StringIO()
    section = LoggingSection(level, form, file)
    logs.configure(section, service="debros-test", stream=stream, environ=environ or {})
    return stream


def entries(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class TestJson:
    def test_one_object_a_line_with_time_in_utc(self):
        stream = configure(form="json")
        logs.get("debros.x").info("hello", count=3, name="a\nb")
        (entry,) = entries(stream)
        time = dt.datetime.fromisoformat(entry.pop("timestamp"))
        assert time.utcoffset() == dt.timedelta()
        assert abs(time - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
        assert entry == {
            "service": "debros-test",
            "level": "info",
            "logger": "debros.x",
            "event": "hello",
            "count": 3,
            "name": "a\nb",
        }

    @pytest.mark.parametrize("value", [2**70, "\udcff", b"raw", {1: object()}, float("nan"), ValueError("x")])
    def test_any_value_can_be_written(self, value):
        stream = configure(form="json")
        logs.get("debros.x").info("odd", value=value)
        assert entries(stream)[0]["event"] == "odd"

    def test_a_field_cannot_take_the_place_of_our_own(self):
        stream = configure(form="json")
        logs.get("debros.x").info("hello", level="fake", logger="fake", timestamp="fake")
        (entry,) = entries(stream)
        assert (entry["level"], entry["logger"], entry["level_"]) == ("info", "debros.x", "fake")

    def test_a_percent_sign_is_a_percent_sign(self):
        stream = configure(form="json")
        logs.get("debros.x").info("100 %s")
        assert entries(stream)[0]["event"] == "100 %s"


class TestConsole:
    def test_a_line_for_people(self):
        stream = configure()
        logs.get("debros.x").info("hello there", path="/a", text="b c")
        assert stream.getvalue().endswith(" hello there [debros.x] path=/a text='b c'\n")
        assert "info" in stream.getvalue()

    def test_colours_on_a_terminal_only(self):
        for stream, environ, coloured in [
            (Terminal(), {}, True),
            (Terminal(), {"NO_COLOR": "1"}, False),
            (Terminal(), {"TERM": "dumb"}, False),
            (io.StringIO(), {}, False),
        ]:
            configure(stream, environ=environ)
            logs.get("debros.x").info("hello")
            assert ("\x1b[" in stream.getvalue()) is coloured

    def test_nobody_can_forge_a_line(self):
        stream = configure()
        logs.get("debros.x").info("evil\nforged", value="more\nforged\x1b[2J", other=["\x1b"])
        logging.getLogger("uvicorn.error").info("evil\r\nforged\x1b[2J")
        logs.get("debros.x").info("request", path="/\x1b[2J")
        assert len(stream.getvalue().splitlines()) == 3
        assert "\x1b" not in stream.getvalue()


class TestTracebacks:
    @staticmethod
    def fail(log, **options):
        secret_local = "hunter2"  # noqa: F841 -- must not be printed
        try:
            int("expected")
        except ValueError as error:
            log(error, **options)

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_none_unless_asked_for(self, form):
        stream = configure(form=form)
        self.fail(lambda error: logs.get("debros.x").info("refused", reason=str(error)))
        assert "Traceback" not in stream.getvalue()
        assert len(stream.getvalue().splitlines()) == 1

    @pytest.mark.parametrize("form", ["json", "console"])
    def test_without_local_variables_when_asked_for(self, form):
        stream = configure(form=form)
        self.fail(lambda _error: logs.get("debros.x").exception("broken"))
        assert "Traceback (most recent call last)" in stream.getvalue()
        assert "ValueError: invalid literal" in stream.getvalue()
        assert "hunter2" not in stream.getvalue()

    def test_an_exception_given_outside_its_handler(self):
        stream = configure(form="json")
        logs.get("debros.x").error("broken", exc_info=ValueError("later"))
        assert "ValueError: later" in entries(stream)[0]["exception"]

    def test_asked_for_when_there_is_none(self):
        stream = configure(form="json")
        logs.get("debros.x").exception("no exception here")
        assert "exception" not in entries(stream)[0]


class TestLevels:
    @pytest.mark.parametrize(
        ("level", "seen"),
        [
            ("debug", ["debug", "info", "warn", "error"]),
            ("info", ["info", "warn", "error"]),
            ("warn", ["warn", "error"]),
            ("error", ["error"]),
        ],
    )
    def test_ours_and_those_of_libraries(self, level, seen):
        stream = configure(level=level, form="json")
        for logger in (logs.get("debros.x"), logging.getLogger("uvicorn.error"), logging.getLogger("asyncio")):
            logger.debug("x")
            logger.info("x")
            logger.warning("x")
            logger.error("x")
        assert [entry["level"] for entry in entries(stream)] == seen * 3

    def test_libp2p_and_http_clients_speak_from_warning_up(self):
        stream = configure(level="debug", form="json")
        for name in ("libp2p.pubsub", "httpx"):
            logging.getLogger(name).info("chatter")
            logging.getLogger(name).warning("trouble")
        assert [(entry["logger"], entry["event"]) for entry in entries(stream)] == [
            ("libp2p.pubsub", "trouble"),
            ("httpx", "trouble"),
        ]

    def test_the_access_log_of_uvicorn_is_off(self):
        stream = configure(level="debug")
        logging.getLogger("uvicorn.access").info("GET /")
        assert stream.getvalue() == ""

    def test_libp2p_cannot_detach_its_logger(self):
        stream = configure(level="error", form="json")
        logger = logging.getLogger("libp2p")
        # What libp2p.utils.logging does when it is imported.
        logger.handlers.clear()
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logging.getLogger("libp2p.host").error("trouble")
        logging.getLogger("libp2p.host").warning("below the level")
        assert [entry["event"] for entry in entries(stream)] == ["trouble"]

    def test_importing_libp2p_afterwards_does_not_silence_it(self):
        code = """
import logging, warnings
warnings.simplefilter("ignore")
from debros import logs
from debros.config import LoggingSection
logs.configure(LoggingSection("info", "json", None), service="t")
import debros.p2p
import libp2p
logging.getLogger("libp2p.host").warning("trouble")
"""
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert json.loads(answer.stdout.splitlines()[-1])["event"] == "trouble"


class TestContext:
    def test_bound_values_reach_our_lines_and_those_of_libraries(self):
        stream = configure(form="json")
        with structlog.contextvars.bound_contextvars(request_id="r1"):
            logs.get("debros.x").info("ours")
            logging.getLogger("uvicorn.error").info("theirs")
        logs.get("debros.x").info("after")
        assert [entry.get("request_id") for entry in entries(stream)] == ["r1", "r1", None]

    async def test_tasks_of_asyncio_keep_theirs_apart(self):
        stream = configure(form="json")

        async def task(number):
            structlog.contextvars.bind_contextvars(number=number)
            await asyncio.sleep(0)
            logs.get("debros.x").info("hello")

        await asyncio.gather(*(task(number) for number in range(5)))
        assert sorted(entry["number"] for entry in entries(stream)) == list(range(5))

    def test_tasks_of_trio_keep_theirs_apart(self):
        stream = configure(form="json")

        async def task(number):
            structlog.contextvars.bind_contextvars(number=number)
            await trio.lowlevel.checkpoint()
            logs.get("debros.x").info("hello")

        async def main():
            async with trio.open_nursery() as nursery:
                for number in range(5):
                    nursery.start_soon(task, number)

        trio.run(main)
        assert sorted(entry["number"] for entry in entries(stream)) == list(range(5))


class TestFile:
    def test_lines_are_appended_and_others_cannot_read_them(self, tmp_path):
        file = tmp_path / "logs" / "node.log"
        before = os.umask(0)
        try:
            configure(file=file, form="json")
        finally:
            os.umask(before)
        logs.get("debros.x").info("one")
        configure(file=file, form="json")
        logs.get("debros.x").info("two")
        assert [json.loads(line)["event"] for line in file.read_text().splitlines()] == ["one", "two"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o640

    def test_a_rotated_file_is_opened_anew(self, tmp_path):
        file = tmp_path / "node.log"
        configure(file=file)
        logs.get("debros.x").info("one")
        file.rename(tmp_path / "node.log.1")
        logs.get("debros.x").info("two")
        assert "two" in file.read_text()
        assert "two" not in (tmp_path / "node.log.1").read_text()

    def test_no_colour_in_a_file(self, tmp_path):
        configure(Terminal(), file=tmp_path / "node.log")
        logs.get("debros.x").info("one")
        assert "\x1b" not in (tmp_path / "node.log").read_text()

    def test_lines_of_many_threads_stay_whole(self, tmp_path):
        file = tmp_path / "node.log"
        configure(file=file, form="json")

        def write(number):
            for _ in range(200):
                logs.get(f"debros.{number}").info("x" * 5000)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert len(lines) == 800
        assert {len(line["event"]) for line in lines} == {5000}


class TestStream:
    def test_a_stream_that_cannot_hold_the_text_gets_it_escaped(self):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding="ascii")
        configure(stream)
        logs.get("debros.x").info("grüße")
        assert b"gr\\xfc\\xdfe" in raw.getvalue()

    def test_a_reader_that_has_gone_gets_no_stack_trace(self, capsys):
        class Gone(io.StringIO):
            def write(self, _text):
                raise BrokenPipeError

        configure(Gone())
        logs.get("debros.x").info("hello")
        assert capsys.readouterr().err == ""

    def test_a_second_call_replaces_the_first(self):
        first, second = configure(), configure()
        logs.get("debros.x").info("hello")
        assert first.getvalue() == ""
        assert second.getvalue().count("hello") == 1


class TestJournal:
    @staticmethod
    def text(stream):
        stream.seek(0)
        return stream.read()

    def test_fields_arrive_and_standard_output_stays_empty(self, journald, stream):
        configure(stream[0], environ=stream[1])
        with structlog.contextvars.bound_contextvars(request_id="r1"):
            logs.get("debros.x").warning("slow answer", namespace="shop", path="a b")
        assert journald[0].recv(10_000).decode().splitlines() == [
            "MESSAGE=slow answer namespace=shop path='a b' request_id=r1",
            "PRIORITY=4",
            "SYSLOG_IDENTIFIER=debros-test",
            "DEBROS_LOGGER=debros.x",
            "DEBROS_NAMESPACE=shop",
            "DEBROS_PATH=a b",
            "DEBROS_REQUEST_ID=r1",
        ]
        assert self.text(stream[0]) == ""

    def test_a_value_cannot_become_a_field(self, journald, stream):
        configure(stream[0], environ=stream[1])
        logs.get("debros.x").info("hello\nPRIORITY=0", value="x\nDEBROS_NAMESPACE=other")
        lines = journald[0].recv(10_000).split(b"\n")
        assert b"MESSAGE=hello\\nPRIORITY=0 value='x\\nDEBROS_NAMESPACE=other'" in lines
        # The binary form: name, length, value; a reader that knows it does not look for names inside.
        assert lines[lines.index(b"DEBROS_VALUE") + 1].startswith(b"\x18\0\0\0\0\0\0\0x")

    @pytest.mark.usefixtures("journald")
    def test_json_stays_json(self, stream):
        configure(stream[0], form="json", environ=stream[1])
        logs.get("debros.x").info("hello")
        assert json.loads(self.text(stream[0]))["event"] == "hello"

    def test_without_the_socket_lines_go_to_standard_output(self, journald, stream):
        journald[1].unlink()
        configure(stream[0], environ=stream[1])
        logs.get("debros.x").info("hello")
        assert "hello" in self.text(stream[0])

    def test_while_journald_is_away_lines_go_to_standard_output(self, journald, stream):
        configure(stream[0], environ=stream[1])
        journald[1].unlink()
        logs.get("debros.x").info("hello")
        assert "hello" in self.text(stream[0])


class TestFrequent:
    """Its lines are those of an ordinary logger; `alone` makes ours the only handler, as in a program."""

    FIELDS = (
        {"method": "POST", "status": 200, "duration_ms": 0.123, "client": "", "path": "/v1/x"},
        {
            "path": "/a b",
            "other": "c=d",
            "quote": "it's",
            "both": "'\"",
            "tab": "a\tb",
            "back": "\\",
            "unicode": "é\u202e",
        },
        {"path": "/\nforged\r\n", "none": None, "yes": True, "list": [1, "\x1b"], "big": 2**70, "last": ""},
    )

    @pytest.fixture
    def alone(self, monkeypatch):
        def alone(**options):
            stream = configure(**options)
            monkeypatch.setattr(logging.root, "handlers", logging.root.handlers[-1:])
            return stream

        return alone

    @staticmethod
    def no_records(monkeypatch):
        def refuse(*_args, **_options):
            pytest.fail("a record was made")

        monkeypatch.setattr(logging.Logger, "makeRecord", refuse)

    @pytest.mark.parametrize("fields", FIELDS)
    @pytest.mark.parametrize("form", ["json", "console"])
    @pytest.mark.parametrize("colours", [True, False])
    def test_the_same_line_without_a_record(self, alone, monkeypatch, form, fields, colours):
        stream = alone(stream=Terminal() if colours else io.StringIO(), form=form)
        logs.get("debros.x").info("request", **fields)
        self.no_records(monkeypatch)
        logs.Frequent("debros.x").info("request", **fields)
        ordinary, frequent = [re.sub(r"\d{4}-\S+Z", "TIME", line) for line in stream.getvalue().splitlines()]
        assert frequent == ordinary

    def test_the_same_entry_of_the_journal(self, journald, stream, alone, monkeypatch):
        alone(stream=stream[0], environ=stream[1])
        for fields in self.FIELDS:
            logs.get("debros.x").info("request", **fields)
        self.no_records(monkeypatch)
        for fields in self.FIELDS:
            logs.Frequent("debros.x").info("request", **fields)
        entries = [journald[0].recv(10_000) for _ in range(2 * len(self.FIELDS))]
        assert entries[: len(self.FIELDS)] == entries[len(self.FIELDS) :]
        assert b"MESSAGE=request method=POST" in entries[0]

    def test_while_journald_is_away_lines_go_to_standard_output(self, journald, stream, alone):
        alone(stream=stream[0], environ=stream[1])
        journald[1].unlink()
        logs.Frequent("debros.x").info("request", path="/x")
        assert "request [debros.x] path=/x" in TestJournal.text(stream[0])

    @pytest.mark.parametrize(("level", "lines"), [("debug", 2), ("info", 1), ("warn", 0)])
    def test_levels(self, alone, level, lines):
        stream = alone(level=level)
        logs.Frequent("debros.x").debug("seldom")
        logs.Frequent("debros.x").info("often")
        assert len(stream.getvalue().splitlines()) == lines

    def test_a_file_that_was_rotated(self, alone, tmp_path):
        file = tmp_path / "log"
        alone(file=file)
        logs.Frequent("debros.x").info("before")
        file.rename(tmp_path / "log.1")
        logs.Frequent("debros.x").info("after")
        assert "before" in (tmp_path / "log.1").read_text()
        assert "after" in file.read_text()

    def test_a_stream_that_cannot_hold_the_text_gets_it_escaped(self, alone, tmp_path):
        with (tmp_path / "out").open("w", encoding="ascii") as stream:
            alone(stream=stream)
            logs.Frequent("debros.x").info("request", path="/é")
        assert "path=/\\xe9" in (tmp_path / "out").read_text()

    def test_other_handlers_hear_of_it_too(self, caplog):
        stream = configure()
        logs.Frequent("debros.x").info("request", path="/x")
        assert caplog.messages == ["request"]
        assert "path=/x" in stream.getvalue()


class TestRateLimit:
    @staticmethod
    def record(name):
        return logging.LogRecord(name, logging.WARNING, "", 0, "x", (), None)

    def test_a_flood_is_cut_and_counted(self):
        now = [0.0]
        limit = RateLimit("libp2p", per_second=2, burst=3, clock=lambda: now[0])
        assert [limit.filter(self.record("libp2p.pubsub")) for _ in range(10)] == [True] * 3 + [False] * 7
        now[0] = 0.5
        record = self.record("libp2p")
        assert limit.filter(record)
        assert record.suppressed == 7
        now[0] = 1000
        assert sum(limit.filter(self.record("libp2p")) for _ in range(10)) == 3

    def test_others_are_not_limited(self):
        limit = RateLimit("libp2p", burst=0)
        assert limit.filter(self.record("libp2pfriend"))
        assert limit.filter(self.record("debros"))
        assert not limit.filter(self.record("libp2p"))

    def test_it_stands_before_the_handler(self):
        stream = configure(form="json")
        for _ in range(1000):
            logging.getLogger("libp2p.pubsub").warning("bad message")
        assert 50 <= len(entries(stream)) < 1000
        logs.get("debros.x").info("still here")
        assert entries(stream)[-1]["event"] == "still here"


class TestOneLine:
    @staticmethod
    def fail(name, level):
        stream = configure(form="json", level=level)
        try:
            b"\xff".decode()
        except UnicodeDecodeError:
            logging.getLogger(name).exception("a stream failed")
        (entry,) = entries(stream)
        assert entry["event"] == "a stream failed"
        return "Traceback" in str(entry)

    def test_a_peer_causes_no_stack_trace(self):
        assert not self.fail("libp2p.host", "info")

    def test_nor_one_within_the_text_of_a_message(self):
        stream = configure(form="json", level="info")
        try:
            b"\xff".decode()
        except UnicodeDecodeError as error:
            trace = traceback.format_exc()
            logging.getLogger("libp2p.swarm").warning("no answer from %s: %r\n%s", "peer", error, trace[-60:])
            logging.getLogger("libp2p.swarm").warning("no answer from %s: %s\n%s", "peer", error, trace)
            logging.getLogger("libp2p.host").warning("no stream:\n refused")
        cut, whole, lines = (entry["event"] for entry in entries(stream))
        assert cut.startswith("no answer from peer: UnicodeDecodeError(")
        assert whole == "no answer from peer: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
        assert lines == "no stream:\n refused"

    def test_who_looks_for_a_defect_gets_it(self):
        assert self.fail("libp2p.host", "debug")

    def test_our_own_defects_keep_theirs(self):
        assert self.fail("debros.p2p", "info")
