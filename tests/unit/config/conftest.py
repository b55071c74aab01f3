"""Short ways to ask what is wrong with a document."""

import copy

import pytest
import yaml

from debros.config import validate_text

NODE = {
    "node": {"type": "node", "listen_addresses": ["/ip4/127.0.0.1/tcp/4001"]},
    "database": {"rqlite_join_address": "127.0.0.1:7001"},
    "discovery": {},
    "security": {},
    "logging": {},
}
GATEWAY = {"listen_addr": "127.0.0.1:6001", "limits": {}, "pubsub": {}, "auth": {}, "security": {}, "logging": {}}


@pytest.fixture(autouse=True)
def _in_a_directory_of_its_own(tmp_path, monkeypatch):
    # The defaults are relative to the working directory.
    monkeypatch.chdir(tmp_path)


def _edit(document, changes):
    document = copy.deepcopy(document)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = document
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    return yaml.safe_dump(document)


@pytest.fixture
def node_lines():
    """Lines of the problems of a good node.yaml after changes by dotted path."""

    def lines(changes, **options):
        report = validate_text("node", _edit(NODE, changes), **{"environ": {}, **options})
        return [str(problem) for problem in report.problems]

    return lines


@pytest.fixture
def gateway_lines():
    """Lines of the problems of a good gateway.yaml after changes by dotted path."""

    def lines(changes, **options):
        report = validate_text("gateway", _edit(GATEWAY, changes), **{"environ": {}, **options})
        return [str(problem) for problem in report.problems]

    return lines
