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
    assert shown == {"key": "k", "size": len(value), "content_type": "application/json"} | member


def test_get_as_json_has_what_the_headers_say(gateway, run) -> None:
    facts = {"Content-Type": "image/png", "ETag": '"e"', "X-Expires-At": "2030-01-01T00:00:00.000Z"}
    gateway.answer("/v1/storage/get", b"v", **facts)
    shown = json.loads(run("storage", "get", "k", "--format", "json").stdout)
    assert {
        "content_type": "image/png",
        "etag": '"e"',
        "expires_at": "2030-01-01T00:00:00.000Z",
    }.items() <= shown.items()


def test_put_with_an_end_and_a_type(stored, run) -> None:
    assert run("storage", "put", "k", "v", "--ttl", "1h30m", "--content-type", "image/png").exit_code == 0
    assert stored.last.query == {"key": "k", "ttl": "5400000ms"}
    assert stored.last.headers["content-type"] == "image/png"


def test_put_without_options_asks_for_nothing_special(stored, run) -> None:
    assert run("storage", "put", "k", "v").exit_code == 0
    assert stored.last.headers["content-type"] == "application/octet-stream"
    assert not {"if-match", "if-none-match"} & set(stored.last.headers)


@pytest.mark.parametrize(
    ("given", "sent"), [("abc", '"abc"'), ('"abc"', '"abc"'), ('"a", "b"', '"a", "b"'), ("*", "*")]
)
def test_if_match(given, sent, stored, run) -> None:
    stored.answer("/v1/storage/delete", {"status": "ok", "key": "k"})
    assert run("storage", "put", "k", "v", "--if-match", given).exit_code == 0
    assert stored.last.headers["if-match"] == sent
    assert run("storage", "delete", "k", "--if-match", given).exit_code == 0
    assert stored.last.headers["if-match"] == sent


def test_if_absent_and_the_new_etag(gateway, run) -> None:
    gateway.answer("/v1/storage/put", {"status": "ok", "key": "k", "size": 1}, 201, ETag='"e"')
    done = run("storage", "put", "k", "v", "--if-absent", "--format", "json")
    assert gateway.last.headers["if-none-match"] == "*"
    assert json.loads(done.stdout) == {"status": "ok", "key": "k", "size": 1, "etag": '"e"'}


@pytest.mark.parametrize(
    "options",
    [
        ["--if-match", "é"],
        ["--content-type", "a/b\r\nX: y"],
        ["--if-absent", "--if-match", "x"],
        ["--ttl", "0"],
        ["--ttl", "5"],
    ],
)
def test_options_that_cannot_be_meant(options, stored, run) -> None:
    done = run("storage", "put", "k", "v", *options)
    assert done.exit_code == 2
    assert options[0] in done.stderr
    assert stored.requests == []


def test_a_condition_that_does_not_hold(gateway, run) -> None:
    gateway.refuse("/v1/storage/put", 412, "precondition_failed", "the value is another")
    done = run("storage", "put", "k", "v", "--if-match", "x")
    assert (done.exit_code, done.stderr) == (1, "Error: the value is another\n")


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
