import threading

import pytest


@pytest.mark.parametrize("form", ["table", "json"])
def test_ctrl_c_while_the_gateway_is_asked(form, gateway, start, interrupt) -> None:
    asked, done = threading.Event(), threading.Event()

    def wait(_seen):
        asked.set()
        done.wait(60)
        return gateway.reply({})

    gateway.answers["/v1/rqlite/exec"] = wait
    process = start("query", "DELETE FROM t", "--format", form, env={"DEBROS_GATEWAY_URL": gateway.url})
    assert asked.wait(60)
    interrupt(process, form)
    done.set()
