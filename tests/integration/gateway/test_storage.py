"""Key-value storage against a real rqlited."""

import base64

import pytest


def put(gateway, key: str, value: bytes, **options):
    return gateway.http.post("/v1/storage/put", params={"key": key}, content=value, **options)


async def keys(gateway, prefix: str, **more) -> list[str]:
    answer = await gateway.http.get("/v1/storage/list", params={"prefix": prefix, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["keys"]


@pytest.mark.parametrize(
    "value",
    [b"", b"text", b"\0", bytes(range(256)) * 40, "é".encode(), b"\xff\xfe", b'{"key": "other"}'],
    ids=["empty", "text", "NUL", "all bytes", "UTF-8", "not UTF-8", "JSON"],
)
async def test_a_value_comes_back_as_it_went(gateway, name, value: bytes) -> None:
    stored = await put(gateway, name, value, headers={"Content-Type": "application/json"})
    assert (stored.status_code, stored.json()) == (201, {"status": "ok", "key": name, "size": len(value)})
    for answer in (
        await gateway.http.get("/v1/storage/get", params={"key": name}),
        await gateway.http.post("/v1/storage/get", params={"key": name}),
        await gateway.http.post("/v1/storage/get", json={"key": name}),
    ):
        assert answer.status_code == 200
        assert answer.content == value
        assert answer.headers["content-type"] == "application/json"


async def test_json_bodies(gateway, name) -> None:
    body = {"key": name, "value_base64": base64.b64encode(b"\0\xffvalue").decode()}
    stored = await gateway.http.post("/v1/storage/put", json=body)
    assert (stored.status_code, stored.json()) == (201, {"status": "ok", "key": name, "size": 7})
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"\0\xffvalue"


async def test_a_put_replaces(gateway, name) -> None:
    await put(gateway, name, b"one")
    await put(gateway, name, b"two!")
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"two!"
    assert await keys(gateway, name) == [name]


@pytest.mark.parametrize("body", ["query", "json"])
async def test_delete(gateway, name, body: str) -> None:
    await put(gateway, name, b"x")
    how = {"params": {"key": name}} if body == "query" else {"json": {"key": name}}
    for _ in range(2):  # a repeat is harmless
        answer = await gateway.http.post("/v1/storage/delete", **how)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "key": name})
    absent = await gateway.http.get("/v1/storage/get", params={"key": name})
    assert (absent.status_code, absent.json()["code"]) == (404, "key_not_found")


async def test_exists(gateway, name) -> None:
    ask = {"params": {"key": name}}
    assert (await gateway.http.get("/v1/storage/exists", **ask)).json() == {"exists": False}
    await put(gateway, name, b"")
    assert (await gateway.http.get("/v1/storage/exists", **ask)).json() == {"exists": True}


async def test_a_prefix_takes_percent_and_underscore_for_themselves(gateway, name) -> None:
    for key in ("a%b", "axb", "a_b", "a%", "a", "b%b", "A%b", "é%1", "é_1", "éx1"):
        await put(gateway, f"{name}{key}", b"x")
    assert await keys(gateway, f"{name}a%") == [f"{name}a%", f"{name}a%b"]
    assert await keys(gateway, f"{name}a_") == [f"{name}a_b"]
    assert await keys(gateway, f"{name}é_") == [f"{name}é_1"]
    assert await keys(gateway, f"{name}%") == []
    assert len(await keys(gateway, name)) == 10


async def test_pages(gateway, name) -> None:
    wanted = [f"{name}/{n:02}" for n in range(7)]
    for key in wanted:
        await put(gateway, key, b"x")
    found: list[str] = []
    cursor = ""
    for size in (3, 3, 1):
        answer = await gateway.http.get(
            "/v1/storage/list", params={"prefix": f"{name}/", "limit": 3, **({"cursor": cursor} if cursor else {})}
        )
        page = answer.json()
        assert len(page["keys"]) == size
        found += page["keys"]
        cursor = page.get("next_cursor", "")
    assert found == wanted
    assert cursor == ""
    exactly = await gateway.http.get("/v1/storage/list", params={"prefix": f"{name}/", "limit": 7})
    assert "next_cursor" not in exactly.json()


async def test_namespaces_do_not_see_each_other(gateway, name, other_key) -> None:
    other = {"headers": {"X-API-Key": other_key}}
    await put(gateway, name, b"mine")
    assert (await gateway.http.get("/v1/storage/get", params={"key": name}, **other)).status_code == 404
    await put(gateway, name, b"theirs", **other)
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"mine"
    assert (await gateway.http.get("/v1/storage/list", params={"prefix": name}, **other)).json() == {"keys": [name]}
    await gateway.http.post("/v1/storage/delete", params={"key": name}, **other)
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == b"mine"


async def test_a_value_of_the_largest_size_passes_and_one_more_byte_does_not(make_gateway, name) -> None:
    gateway = await make_gateway(limits={"max_value_bytes": 100_000})
    value = bytes(n % 251 for n in range(100_000))
    assert (await put(gateway, name, value)).status_code == 201
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == value
    assert (await put(gateway, name, value + b"x")).status_code == 413
    body = {"key": name, "value_base64": base64.b64encode(value).decode()}
    assert (await gateway.http.post("/v1/storage/put", json=body)).status_code == 201
    body["value_base64"] = base64.b64encode(value + b"x").decode()
    too_large = await gateway.http.post("/v1/storage/put", json=body)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "value_too_large")


async def test_four_mebibytes(gateway, name) -> None:
    value = bytes(range(256)) * 16384
    assert (await put(gateway, name, value)).json()["size"] == 4 * 2**20
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).content == value
    assert (await put(gateway, name, value + b"x")).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "options", "code"),
    [
        ("POST", "/v1/storage/put?key=", {"content": b"x"}, "invalid_key"),
        ("POST", "/v1/storage/put?key=a%00b", {"content": b"x"}, "invalid_key"),
        ("POST", "/v1/storage/put?key=" + "k" * 1025, {"content": b"x"}, "invalid_key"),
        ("POST", "/v1/storage/put", {"content": b""}, "empty_body"),
        ("POST", "/v1/storage/put", {"content": b"raw"}, "invalid_json"),
        ("POST", "/v1/storage/put", {"json": {"key": "k"}}, "invalid_body"),
        ("POST", "/v1/storage/put", {"json": {"key": "k", "value_base64": "*"}}, "invalid_body"),
        ("GET", "/v1/storage/get", {}, "invalid_key"),
        ("POST", "/v1/storage/delete", {"content": b""}, "invalid_key"),
        ("POST", "/v1/storage/delete", {"content": b"{"}, "invalid_json"),
        ("GET", "/v1/storage/exists?key=%0a", {}, "invalid_key"),
        ("GET", "/v1/storage/list?limit=0", {}, "invalid_parameter"),
        ("GET", "/v1/storage/list?limit=many", {}, "invalid_parameter"),
        ("GET", "/v1/storage/list?limit=99999999999999999999", {}, "invalid_parameter"),
        ("GET", "/v1/storage/list?cursor=***", {}, "invalid_cursor"),
        ("GET", "/v1/storage/list?cursor=_w==", {}, "invalid_cursor"),
        ("GET", "/v1/storage/list?prefix=" + "k" * 1025, {}, "invalid_prefix"),
    ],
)
async def test_bad_requests(gateway, method: str, path: str, options, code: str) -> None:
    answer = await gateway.http.request(method, path, **options)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("sent", "given_back"),
    [
        ("image/png", "image/png"),
        ("text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("text/plain", "text/plain"),
        ("application/vnd.api+json", "application/vnd.api+json"),
        (None, "application/octet-stream"),
        ("Application/Octet-Stream", "application/octet-stream"),
        ("application/x-www-form-urlencoded", "application/octet-stream"),  # what curl says unasked
    ],
)
@pytest.mark.parametrize("form", ["raw", "json"])
async def test_a_content_type_comes_back(gateway, name, sent, given_back, form) -> None:
    if form == "raw":
        headers = {"Content-Type": sent} if sent else {}
        stored = await gateway.http.post("/v1/storage/put", params={"key": name}, content=b"x", headers=headers)
    else:
        body = {"key": name, "value_base64": base64.b64encode(b"x").decode(), "content_type": sent}
        stored = await gateway.http.post("/v1/storage/put", json=body)
    assert stored.status_code == 201, stored.text
    answer = await gateway.http.get("/v1/storage/get", params={"key": name})
    assert answer.headers["Content-Type"] == given_back
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    await put(gateway, name, b"x")  # says nothing, so nothing is left of the former type
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).headers[
        "Content-Type"
    ] == "application/octet-stream"


@pytest.mark.parametrize("kind", ["png", "image/", "/png", "image/png text", "a/" + "b" * 254, "image/\xe9"])
async def test_a_content_type_that_is_none_is_refused(gateway, name, kind) -> None:
    raw = await gateway.http.post(
        "/v1/storage/put", params={"key": name}, content=b"x", headers={"Content-Type": kind.encode("latin-1")}
    )
    body = await gateway.http.post("/v1/storage/put", json={"key": name, "value_base64": "", "content_type": kind})
    for answer in (raw, body):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_content_type")
    assert (await gateway.http.get("/v1/storage/get", params={"key": name})).status_code == 404


async def test_a_content_type_cannot_smuggle_a_header(gateway, name) -> None:
    body = {"key": name, "value_base64": "", "content_type": "text/plain;\r\nX-Evil: 1"}
    answer = await gateway.http.post("/v1/storage/put", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_content_type")
