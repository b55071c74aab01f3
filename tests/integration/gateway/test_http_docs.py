"""The commands of docs/http.md, run in its order against a real gateway."""

from testkit.documents import run_commands


async def test_every_command_works(make_gateway, own_keys, tmp_path) -> None:
    gateway = await make_gateway(api_keys=own_keys)
    env = {"KEY": gateway.http.headers["X-API-Key"]}
    users, inserted, found, selected, *others = await run_commands("http.md", gateway.port, tmp_path, env)
    assert users == '{"status":"ok"}'
    assert '"rows_affected":2' in inserted
    assert found == '{"id":1,"email":"ann@example.com"}'
    assert selected == '{"n":1,"items":[{"n":1}]}'
    created, first, again, counted, put, put_again = others
    assert created == '{"status":"ok"}'
    assert first == again == '{"rows_affected":1,"last_insert_id":1,"execution_state":"ok"}'
    assert '"rows":[[1]]' in counted
    assert put == put_again == '{"status":"ok","key":"order/1","size":5}'
