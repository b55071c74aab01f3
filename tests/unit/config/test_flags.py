import argparse

import pytest

from debros.config import flags, validate_text


def parsed(kind, *arguments):
    parser = argparse.ArgumentParser()
    flags.add_arguments(parser, kind)
    return flags.given(parser.parse_args(arguments), kind)


def test_the_flags_of_the_node_are_those_of_the_contract():
    assert {flag.name for flag in flags.flags("node")} == {
        *("--data", "--id", "--p2p-port", "--rqlite-http-port", "--rqlite-raft-port"),
        *("--rqlite-join-address", "--adv-addr"),
    }


def test_every_flag_reaches_its_key():
    given = parsed(
        "node",
        *("--data", "d", "--id", "i", "--p2p-port", "4", "--rqlite-http-port", "5", "--rqlite-raft-port", "7"),
        *("--rqlite-join-address", "h:7", "--adv-addr", "::1"),
    )
    config = validate_text("node", None, environ={}, flags=given).config
    assert (str(config.node.data_dir), config.node.id) == ("d", "i")
    assert config.node.listen_addresses == ["/ip4/0.0.0.0/tcp/4"]
    assert (config.database.rqlite_port, config.database.rqlite_raft_port) == (5, 7)
    assert config.database.rqlite_join_address == "h:7"
    assert (config.discovery.http_adv_address, config.discovery.raft_adv_address) == ("::1", "::1")


def test_flags_that_are_not_given_set_nothing():
    assert parsed("node") == {}
    assert parsed("gateway", "--addr", ":1") == {"listen_addr": ":1"}


def test_no_flag_carries_a_key():
    assert not any("key" in flag.name for flag in flags.flags("gateway"))


def test_the_port_replaces_that_of_every_address():
    text = "node:\n  type: bootstrap\n  listen_addresses: [/ip4/127.0.0.1/tcp/1, /ip6/::1/tcp/2]\n"
    config = validate_text("node", text, environ={}, flags={"p2p_port": 9}).config
    assert config.node.listen_addresses == ["/ip4/127.0.0.1/tcp/9", "/ip6/::1/tcp/9"]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"p2p_port": "0"}, "node.listen_addresses: must be between 1 and 65535; got 0 (flag --p2p-port)"),
        ({"p2p_port": "x"}, 'node.listen_addresses: expected integer; got "x" (flag --p2p-port)'),
        (
            {"adv_addr": "h:1"},
            "discovery.http_adv_address: invalid format; expected a host without a port (flag --adv-addr)",
        ),
    ],
)
def test_a_bad_value_names_the_flag(given, line):
    problems = validate_text("node", None, environ={"NODE_TYPE": "bootstrap"}, flags=given).problems
    assert [str(problem) for problem in problems] == [line]
