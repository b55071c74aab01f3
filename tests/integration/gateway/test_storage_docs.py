"""The commands of docs/storage.md, run in its order against a real gateway."""

from debros.cli import credentials
from testkit.documents import run_commands


async def test_every_command_works(make_gateway, own_keys, tmp_path) -> None:
    gateway = await make_gateway(api_keys=own_keys)
    key, namespace = own_keys[0].values()
    stored = tmp_path / "credentials.json"
    credentials.save_api_key(stored, gateway.url, key, namespace)
    env = {"KEY": key, "DEBROS_GATEWAY_URL": gateway.url, "DEBROS_CREDENTIALS_FILE": str(stored)}
    lines = await run_commands("storage.md", gateway.port, tmp_path, env)
    assert lines[:3] == ['{"status":"ok","key":"greeting","size":5}', "hello", '{"exists":true}']
    assert '"expires_at":"' in lines[5]
    assert '{"keys":["session/42"],"next_cursor":"' in "\n".join(lines)
    assert lines[-2:] == ["session/42", "session/43"]
    assert (await gateway.http.get("/v1/storage/get?key=counter")).content == b"2"
    assert (await gateway.http.get("/v1/storage/get?key=lock")).content == b"mine"
