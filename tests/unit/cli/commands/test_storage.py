import json
import os

import pytest


@pytest.fixture
def stored(gateway):
    gateway.answer("/v1/storage/put", {"status": "ok", "key": "k", "size": 1}, 201)
    return gateway


def test_put_an_argument(stored, run) -> None:
    done = run("storage", "put", "a/b c", "hello")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Stored 5 bytes under a/b c\n"
    assert (stored.last.method, stored.last.query, stored.last.body) == ("POST", {"key": "a/b c"}, b"hello")


def test_put_an_empty_value(stored, run) -> None:
    assert run("storage", "put", "k", "").exit_code == 0
    assert stored.last.body == b""


@pytest.mark.parametrize("dash", [[], ["-"]])
def test_put_from_stdin(dash, stored, run) -> None:
    assert run("storage", "put", "k", *dash, input=bytes(range(256))).exit_code == 0
    assert stored.last.body == bytes(range(256))


def test_put_a_file(stored, run, tmp_path) -> None:
    (tmp_path / "f").write_bytes(b"\x00\xff")
    assert run("storage", "put", "k", f"@{tmp_path}/f").exit_code == 0
    assert stored.last.body == b"\x00\xff"


def test_put_a_missing_file(stored, run, tmp_path) -> None:
    done = run("storage", "put", "k", f"@{tmp_path}/none")
    assert done.exit_code == 1
    assert f"{tmp_path}/none" in done.stderr
    assert stored.requests == []


def test_put_bytes_that_are_no_text(stored, start) -> None:
    process = start("storage", "put", "k", b"\xff\xfe", env={"DEBROS_GATEWAY_URL": stored.url})
    assert process.wait(60) == 0
    assert stored.last.body == b"\xff\xfe"


@pytest.mark.usefixtures("stored")
def test_quiet_put(run) -> None:
    assert run("storage", "put", "k", "v", "-q").stderr == ""


@pytest.mark.usefixtures("stored")
def test_put_as_json_prints_the_answer(run) -> None:
    assert json.loads(run("storage", "put", "k", "v", "--format", "json").stdout)["status"] == "ok"


def test_get_is_byte_for_byte(gateway, run) -> None:
    value = os.urandom(1000) + b"\r\n\x00"
    gateway.answer("/v1/storage/get", value)
    assert run("storage", "get", "k").stdout_bytes == value


def test_get_into_a_file(gateway, run, tmp_path) -> None:
    gateway.answer("/v1/storage/get", b"\x00")
    done = run("storage", "get", "k", "--output", str(tmp_path / "f"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "f").read_bytes() == b"\x00"


def test_get_what_is_not_there_writes_no_file(gateway, run, tmp_path) -> None:
    gateway.refuse("/v1/storage/get", 404, "key_not_found", "there is no key k")
    done = run("storage", "get", "k", "-o", str(tmp_path / "f"))
    assert (done.exit_code, done.stdout, done.stderr) == (4, "", "Error: there is no key k\n")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    ("value", "member"), [("é".encode(), {"value": "é"}), (b"\xff", {"value_base64": "/w=="}), (b"", {"value": ""})]
)
def test_get_as_json(value, member, gateway, run) -> None:
    gateway.answer("/v1/storage/get", value)
    shown = json.loads(run("storage", "get", "k", "--format", "json").stdout)
    assert shown == {"key": "k", "size": len(value)} | member


@pytest.mark.parametrize(("there", "exit_code", "text"), [(True, 0, "true\n"), (False, 4, "false\n")])
def test_exists(there, exit_code, text, gateway, run) -> None:
    gateway.answer("/v1/storage/exists", {"exists": there})
    done = run("storage", "exists", "k")
    assert (done.exit_code, done.stdout, done.stderr) == (exit_code, text, "")
    done = run("storage", "exists", "k", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (exit_code, {"exists": there})


def test_delete(gateway, run) -> None:
    gateway.answer("/v1/storage/delete", {"status": "ok", "key": "k"})
    assert run("storage", "delete", "k").exit_code == 0
    assert gateway.last.json() == {"key": "k"}


@pytest.fixture
def pages(gateway):
    def answer(seen):
        start = int(seen.query.get("cursor", 0))
        more = {"next_cursor": str(start + 2)} if start < 4 else {}
        return gateway.reply({"keys": [f"k{start}", f"k{start + 1}"]} | more)

    gateway.answers["/v1/storage/list"] = answer
    return gateway


def test_list_one_page_and_say_that_there_is_more(pages, run) -> None:
    done = run("storage", "list", "a%_", "--limit", "2")
    assert done.stdout == "k0\nk1\n"
    assert "--cursor 2" in done.stderr
    assert pages.last.query == {"prefix": "a%_", "limit": "2"}


@pytest.mark.usefixtures("pages")
def test_list_all_pages(run) -> None:
    done = run("storage", "list", "--all")
    assert (done.stdout, done.stderr) == ("k0\nk1\nk2\nk3\nk4\nk5\n", "")
    assert json.loads(run("storage", "list", "--all", "--format", "json").stdout)["keys"] == [f"k{n}" for n in range(6)]


@pytest.mark.usefixtures("pages")
def test_list_from_a_cursor(run) -> None:
    assert run("storage", "list", "--cursor", "4").stdout == "k4\nk5\n"


@pytest.mark.usefixtures("pages")
def test_as_json_one_page_has_its_cursor(run) -> None:
    shown = json.loads(run("storage", "list", "--format", "json").stdout)
    assert shown == {"keys": ["k0", "k1"], "next_cursor": "2"}


def test_a_cursor_that_repeats_itself_does_not_go_on_for_ever(gateway, run) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["a"], "next_cursor": "x"})
    assert run("storage", "list", "--all").exit_code == 1


def test_a_key_with_line_ends_stays_one_line(gateway, run) -> None:
    gateway.answer("/v1/storage/list", {"keys": ["a\nb\\"]})
    assert run("storage", "list").stdout == "a\\nb\\\\\n"
