"""No value of a secret reaches a message, a repr or a masked dump."""

import pytest

from debros.config import dump, load_gateway, validate_text

SECRET = "hunter2"

LEAKY = [
    f"api_keys: {SECRET}:ns",
    f"api_keys: ['{SECRET}']",
    f"api_keys: ['a:{SECRET}!']",
    f"api_keys: [{{{SECRET}: ns}}]",
    f"api_keys: [{{key: {SECRET}, {SECRET}: x}}]",
    f"api_keys: [{{{SECRET}: a, {SECRET}: b}}]",
    f"api_keys: [{{? [{SECRET}] : b}}]",
    f"api_keys: [!{SECRET} x]",
    f"api_keys: [*{SECRET}]",
    f"api_keys: {{{SECRET}: ns}}",
    f"api_keys: ['{SECRET}:a', '{SECRET}:b']",
    f"api_keys: [[{SECRET}]]",
    f"rqlite_dsn: http://u:{SECRET}@h:99999",
    f"rqlite_dsn: [http://u:{SECRET}@h]",
    f"rqlite_nodes: http://u:{SECRET}@h:5001",
    f"rqlite_nodes: ['http://u:{SECRET}@h:x']",
    f"rqlite_nodes: ['http://u:{SECRET}@h:1', 'http://u:{SECRET}@h:1']",
]


@pytest.mark.parametrize("text", LEAKY)
def test_messages(text):
    problems = validate_text("gateway", text, environ={}).problems
    assert problems
    assert SECRET not in repr(problems)


@pytest.mark.parametrize("value", [SECRET, f"{SECRET}:a,{SECRET}:b", f"k:{SECRET}!", f"a b{SECRET}:ns"])
def test_messages_about_the_environment_name_the_variable_only(gateway_lines, value):
    (line,) = gateway_lines({}, environ={"GATEWAY_API_KEYS": value})
    assert SECRET not in line
    assert "environment variable GATEWAY_API_KEYS" in line


def test_reprs_and_masked_dumps():
    environ = {
        "GATEWAY_API_KEYS": f"{SECRET}:ns",
        "GATEWAY_RQLITE_DSN": f"http://u:{SECRET}@h:5001",
        "RQLITE_NODES": f"http://u:{SECRET}@h:5001,http://i:5001",
    }
    config = load_gateway(None, environ=environ)
    assert SECRET in dump(config)
    assert SECRET not in repr(config)
    masked = dump(config, mask=True)
    assert SECRET not in masked
    assert "********:ns" in masked
    assert "http://u:********@h:5001" in masked
    assert "http://i:5001" in masked
