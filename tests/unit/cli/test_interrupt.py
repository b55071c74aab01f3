import json
import signal
import threading

import pytest


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_while_the_gateway_is_asked(form, gateway, start) -> None:
    asked, done = threading.Event(), threading.Event()

    def wait(_seen):
        asked.set()
        done.wait(60)
        return gateway.reply({})

    gateway.answers["/v1/rqlite/exec"] = wait
    process = start("query", "DELETE FROM t", "--format", form, env={"DEBROS_GATEWAY_URL": gateway.url})
    assert asked.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    done.set()
    assert process.returncode == 130
    assert out == b""
    if form == "json":
        assert json.loads(err) == {"error": "interrupted", "code": "interrupted", "exit_code": 130}
    else:
        assert err == b"\n"
