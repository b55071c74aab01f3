"""Schema and records describe the same thing, and importing them costs little."""

import dataclasses
import subprocess
import sys
import typing

import pytest

from debros.config import bootstrap_multiaddrs, load_node
from debros.config.schema import CLIENT, GATEWAY, NODE


def shape(type_):
    hints = typing.get_type_hints(type_)
    return {
        field.name: shape(hints[field.name]) if dataclasses.is_dataclass(hints[field.name]) else None
        for field in dataclasses.fields(type_)
    }


@pytest.mark.parametrize("schema", [NODE, GATEWAY, CLIENT], ids=lambda schema: schema.kind)
def test_the_keys_are_the_attributes(schema):
    keys = {
        name: dict.fromkeys(field["schema"]) if field["type"] == "dict" else None
        for name, field in schema.fields.items()
    }
    assert keys == shape(schema.config)
    assert list(keys) == list(shape(schema.config))


def test_importing_the_configuration_is_light():
    heavy = ("libp2p", "multiaddr", "cryptography", "trio")
    code = f"import debros.config, sys; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_bootstrap_peers_in_one_form():
    config = load_node(
        None,
        environ={"NODE_TYPE": "bootstrap", "BOOTSTRAP_PEERS": "::1,boot.example.com"},
        flags={"discovery.bootstrap_port": 9},
    )
    assert bootstrap_multiaddrs(config) == ["/ip6/::1/tcp/9", "/dns/boot.example.com/tcp/9"]
