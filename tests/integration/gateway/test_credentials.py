"""A database with users: right and wrong credentials, and keys from a file."""

import json

import pytest

SECRET = "a:secret"


@pytest.fixture
def closed(tmp_path, make_rqlited):
    """A database that asks for a password; one user may what the gateway needs, one may nothing."""
    auth = tmp_path / "auth.json"
    auth.touch(0o600)
    perms = ["execute", "query", "status", "ready"]
    users = [
        {"username": "gateway", "password": SECRET, "perms": perms},
        {"username": "nobody", "password": SECRET, "perms": []},
    ]
    auth.write_text(json.dumps(users))
    rqlited = make_rqlited()
    rqlited.stop()
    rqlited.extra = ("-auth", str(auth))
    return rqlited.start()


@pytest.fixture
def secret_file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    return write


async def test_the_right_credentials(make_gateway, closed, secret_file, name) -> None:
    path = secret_file("rqlite-gateway", f"gateway:{SECRET}\n")
    gateway = await make_gateway(rqlite_dsn=closed.url, rqlite_credentials_file=path)
    await gateway.sql(f"CREATE TABLE {name} (a)")
    assert (await gateway.http.get("/health")).json()["client"]["checks"]["database"] == "ok"


@pytest.mark.parametrize("credentials", ["gateway:wrong", f"nobody:{SECRET}", None])
async def test_wrong_credentials_degrade_and_are_said(
    make_gateway, closed, secret_file, credentials, caplog, eventually
) -> None:
    settings = {"rqlite_credentials_file": secret_file("rqlite-gateway", credentials)} if credentials else {}
    gateway = await make_gateway(wait=False, rqlite_dsn=closed.url, **settings)
    refused = "the database refuses the gateway's credentials"

    async def noticed():
        answer = await gateway.http.get("/health")
        assert answer.status_code == 503
        return answer.json()["client"]["checks"]["database"] == refused

    await eventually(noticed)
    assert (await gateway.http.get("/livez")).status_code == 200
    answer = await gateway.http.post("/v1/rqlite/query", json={"sql": "SELECT 1"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    await eventually(lambda: "correct rqlite_credentials_file" in caplog.text)
    assert SECRET not in caplog.text


async def test_keys_from_a_file_open_their_namespace(make_gateway, secret_file, name) -> None:
    gateway = await make_gateway(api_keys_file=secret_file("api-keys", "# shop\n\nfrom-a-file:shop\n"))
    await gateway.sql(f"CREATE TABLE {name} (a)")  # a key of gateway.yaml still counts
    topics = await gateway.http.get("/v1/pubsub/topics", headers={"X-API-Key": "from-a-file"})
    assert topics.json() == {"topics": []}
    wrong = await gateway.http.get("/v1/pubsub/topics", headers={"X-API-Key": "shop"})
    assert wrong.status_code == 401
