"""ETag, If-Match and If-None-Match against a real rqlited, RFC 9110 as the judge; and the races they are for."""

import asyncio

import pytest

from debros.clock import now_ms

PUT, GET, DELETE = "/v1/storage/put", "/v1/storage/get", "/v1/storage/delete"


@pytest.fixture
async def both(make_gateway):
    return await make_gateway(), await make_gateway()


async def put(gateway, key: str, value: bytes = b"x", **headers: str):
    return await gateway.http.post(PUT, params={"key": key}, content=value, headers=headers)


async def value(gateway, key: str) -> bytes | None:
    answer = await gateway.http.get(GET, params={"key": key})
    return answer.content if answer.status_code == 200 else None


async def stored(gateway, key: str, content: bytes = b"x") -> str:
    answer = await put(gateway, key, content)
    assert answer.status_code == 201, answer.text
    return answer.headers["ETag"]


def refused(answer) -> bool:
    return (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


def headers_of(match: str | None, none_match: str | None, tag: str) -> dict[str, str]:
    given = {"If-Match": match, "If-None-Match": none_match}
    return {name: text.replace("TAG", tag) for name, text in given.items() if text is not None}


async def test_an_etag_is_strong_and_new_with_every_put(gateway, name) -> None:
    seen = [await stored(gateway, name, b"same") for _ in range(3)]
    assert len(set(seen)) == 3
    assert all(tag[0] == tag[-1] == '"' and len(tag) > 10 for tag in seen)
    for method in ("GET", "POST", "HEAD"):
        answer = await gateway.http.request(method, GET, params={"key": name})
        assert (answer.status_code, answer.headers["ETag"]) == (200, seen[-1])


# What RFC 9110, 13.1 and 13.2.2, say of a value whose tag is TAG, as the answer to a GET: 200 stands for "it is done",
# and what is no GET gets 412 for either refusal.
WITH_A_VALUE = [
    ("*", None, 200),
    ("TAG", None, 200),
    ('"other", TAG', None, 200),
    ('"other"', None, 412),
    ("W/TAG", None, 412),  # a weak tag is nobody's in a strong comparison
    (None, "*", 304),
    (None, "TAG", 304),
    (None, "W/TAG", 304),
    (None, '"other" , , TAG', 304),
    (None, '"other"', 200),
    ("TAG", '"other"', 200),
    ("TAG", "TAG", 304),
    ("*", "*", 304),
    ('"other"', '"other"', 412),
]
WITHOUT_ONE = [
    ("*", None, False),
    ('"other"', None, False),
    (None, "*", True),
    (None, '"other"', True),
    ("*", "*", False),
    ('"other"', '"other"', False),
]


@pytest.mark.parametrize(("match", "none_match", "status"), WITH_A_VALUE)
async def test_conditions_with_a_value(gateway, name, match, none_match, status: int) -> None:
    tag, done = await stored(gateway, name, b"old"), status == 200
    headers = headers_of(match, none_match, tag)
    for method in ("GET", "HEAD"):
        answer = await gateway.http.request(method, GET, params={"key": name}, headers=headers)
        assert answer.status_code == status
        if status != 412:
            assert answer.headers["ETag"] == tag
            assert answer.content == (b"old" if done and method == "GET" else b"")
    answer = await gateway.http.post(GET, params={"key": name}, headers=headers)
    assert answer.content == b"old" if done else refused(answer)  # 304 is for GET and HEAD
    answer = await put(gateway, name, b"new", **headers)
    if done:
        assert answer.status_code == 201
        assert answer.headers["ETag"] != tag
        assert await value(gateway, name) == b"new"
    else:
        assert refused(answer)
        assert await value(gateway, name) == b"old"
    headers = headers_of(match, none_match, await stored(gateway, name, b"old"))
    answer = await gateway.http.post(DELETE, params={"key": name}, headers=headers)
    assert answer.status_code == 200 if done else refused(answer)
    assert await value(gateway, name) == (None if done else b"old")


@pytest.mark.parametrize("over", [False, True], ids=["never there", "over"])
@pytest.mark.parametrize(("match", "none_match", "done"), WITHOUT_ONE)
async def test_conditions_without_a_value(gateway, name, match, none_match, *, over: bool, done: bool) -> None:
    tag = '"none"'
    storage = gateway.services.storage

    async def prepare() -> None:
        nonlocal tag
        if over:
            answer = await gateway.http.post(PUT, params={"key": name, "ttl": "1ms"}, content=b"over")
            tag = answer.headers["ETag"]
            storage._clock = lambda: now() + 60_000

    now = storage._clock
    await prepare()
    # The tag of the value that is over counts no more than another.
    headers = {
        name: f"{text}, {tag}" if text != "*" else text for name, text in headers_of(match, none_match, tag).items()
    }
    for method in ("GET", "POST", "HEAD"):  # the answer without conditions comes first (13.2.1)
        assert (await gateway.http.request(method, GET, params={"key": name}, headers=headers)).status_code == 404
    answer = await gateway.http.post(DELETE, params={"key": name}, headers=headers)
    assert answer.status_code == 200 if done else refused(answer)
    await prepare()
    answer = await put(gateway, name, b"new", **headers)
    assert answer.status_code == 201 if done else refused(answer)
    assert await value(gateway, name) == (b"new" if done else None)


async def test_a_304_does_not_fetch_the_value(gateway, name, monkeypatch) -> None:
    tag = await stored(gateway, name, bytes(100_000))
    found = []
    query = gateway.services.rqlite.query

    async def watched(statement, *args, **options):
        found.append(await query(statement, *args, **options))
        return found[-1]

    monkeypatch.setattr(gateway.services.rqlite, "query", watched)
    answer = await gateway.http.get(GET, params={"key": name}, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    ((*_, sent),) = found[-1].values
    assert sent is None


@pytest.mark.parametrize("field", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("text", ["", "abc", '"a', '"a" "b"', '*, "a"', 'w/"a"', ",", ", ".join(['"a"'] * 101)])
async def test_a_condition_that_cannot_be_read_is_refused_and_changes_nothing(gateway, name, field, text) -> None:
    await stored(gateway, name, b"old")
    for path in (PUT, GET, DELETE):
        answer = await gateway.http.post(path, params={"key": name}, content=b"new", headers={field: text})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_condition")
        assert field in answer.json()["error"]
    assert await value(gateway, name) == b"old"


async def test_a_condition_in_two_lines_is_one_list(gateway, name) -> None:
    tag = await stored(gateway, name)
    answer = await gateway.http.get(
        GET, params={"key": name}, headers=[("If-None-Match", '"a"'), ("If-None-Match", tag)]
    )
    assert answer.status_code == 304


@pytest.mark.parametrize("over", [False, True], ids=["never there", "over"])
async def test_of_fifty_who_create_a_key_one_does(both, name, *, over: bool) -> None:
    if over:  # then the row is there, and all fifty want to replace it
        await both[0].http.post(PUT, params={"key": name, "ttl": "1ms"}, content=b"over")
        for gateway in both:
            gateway.services.storage._clock = lambda: now_ms() + 60_000
    answers = await asyncio.gather(
        *(put(gateway, name, f"{n}".encode(), **{"If-None-Match": "*"}) for n in range(25) for gateway in both)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 49
    winner = next(answer for answer in answers if answer.status_code == 201)
    assert await value(both[0], name) == f"{answers.index(winner) // 2}".encode()
    assert (await both[1].http.get(GET, params={"key": name})).headers["ETag"] == winner.headers["ETag"]


async def test_of_fifty_who_delete_a_version_one_does(both, name) -> None:
    tag = await stored(both[0], name)
    answers = await asyncio.gather(
        *(
            gateway.http.post(DELETE, params={"key": name}, headers={"If-Match": tag})
            for _ in range(25)
            for gateway in both
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 49


async def test_a_counter_loses_no_step(both, name) -> None:
    """Compare and swap through two gateways: what each of them believes to have added is there."""
    await stored(both[0], name, b"0")

    async def add(gateway, steps: int) -> int:
        tries = 0
        while steps:
            seen = await gateway.http.get(GET, params={"key": name})
            answer = await put(gateway, name, f"{int(seen.content) + 1}".encode(), **{"If-Match": seen.headers["ETag"]})
            assert answer.status_code == 201 or refused(answer)
            steps -= answer.status_code == 201
            tries += 1
        return tries

    tries = await asyncio.gather(*(add(gateway, 5) for gateway in both * 4))
    assert await value(both[0], name) == b"40"
    assert sum(tries) > 40, "nobody was ever in another's way, so nothing was tested"


async def test_the_same_in_json(gateway, name) -> None:
    body = {"key": name, "value_base64": "eA=="}
    tag = (await gateway.http.post(PUT, json=body, headers={"If-None-Match": "*"})).headers["ETag"]
    assert refused(await gateway.http.post(PUT, json=body, headers={"If-None-Match": "*"}))
    assert refused(await gateway.http.post(DELETE, json={"key": name}, headers={"If-Match": '"x"'}))
    assert (await gateway.http.post(DELETE, json={"key": name}, headers={"If-Match": tag})).status_code == 200


async def test_a_condition_is_about_the_namespace_of_the_caller(gateway, name, other_key) -> None:
    theirs = {"X-API-Key": other_key}
    tag = await stored(gateway, name)
    assert refused(await put(gateway, name, **theirs, **{"If-Match": tag}))
    assert (await put(gateway, name, **theirs, **{"If-None-Match": "*"})).status_code == 201
    assert (await gateway.http.get(GET, params={"key": name}, headers={"If-Match": tag})).status_code == 200


async def test_what_a_preflight_and_a_page_need(gateway) -> None:
    origin = {"Origin": "http://localhost:3000"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "if-match,if-none-match"}
    assert (await gateway.http.options(PUT, headers=origin | asked)).status_code == 200
    shown = (await put(gateway, "cors", **origin)).headers["Access-Control-Expose-Headers"]
    assert {"ETag", "X-Expires-At"} <= {item.strip() for item in shown.split(",")}
