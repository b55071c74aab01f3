"""The commands of docs/http.md, run in its order against a real gateway."""

from testkit.documents import run_commands


async def test_every_command_works(make_gateway, own_keys, tmp_path) -> None:
    gateway = await make_gateway(api_keys=own_keys)
    env = {"KEY": gateway.http.headers["X-API-Key"]}
    created, first, again, counted, put, put_again = await run_commands("http.md", gateway.port, tmp_path, env)
    assert created == '{"status":"ok"}'
    assert first == again == '{"rows_affected":1,"last_insert_id":1,"execution_state":"ok"}'
    assert '"rows":[[1]]' in counted
    assert put == put_again == '{"status":"ok","key":"order/1","size":5}'
