"""Any valid configuration loads and survives a dump; any one mistake in it gives exactly its one problem."""

import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debros.config import dump, validate_text
from debros.config.schema import CLIENT, GATEWAY, NODE, for_kind
from testkit.configfiles import Files
from testkit.configmistakes import MISTAKES
from testkit.configs import clients, gateways, nodes

STRATEGIES = {"node": nodes, "gateway": gateways, "client": clients}

# The documents do not touch the working directory that a fixture prepares, so that all examples may share it.
shared_directory = {"suppress_health_check": [HealthCheck.function_scoped_fixture], "deadline": None}


def leaves_of(schema):
    return {".".join(path) for path, _ in schema.leaves()}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files.make(tmp_path_factory.mktemp("files"))


@pytest.mark.parametrize("kind", STRATEGIES)
@settings(max_examples=80, **shared_directory)
@given(data=st.data())
def test_a_valid_document_loads_and_its_dump_loads_to_an_equal_configuration(kind, files, data):
    document = data.draw(STRATEGIES[kind](files))
    report = validate_text(kind, yaml.safe_dump(document), environ={})
    assert report.problems == ()
    again = validate_text(kind, dump(report.config), environ={})
    assert again.problems == ()
    assert again.config == report.config


@pytest.mark.parametrize(
    "mistake", MISTAKES, ids=[f"{row.kind} {row.path}: {index}" for index, row in enumerate(MISTAKES)]
)
@settings(max_examples=4, **shared_directory)
@given(data=st.data())
def test_one_mistake_is_one_problem(mistake, files, data):
    document = copy.deepcopy(data.draw(STRATEGIES[mistake.kind](files)))
    *parents, last = mistake.key.split(".")
    place = document
    for part in parents:
        place = place[part]
    place[last] = mistake.value(document) if callable(mistake.value) else mistake.value
    problems = validate_text(mistake.kind, yaml.safe_dump(document), environ={}).problems
    text = mistake.text(document) if callable(mistake.text) else mistake.text
    assert [str(problem) for problem in problems] == [f"{mistake.path}: {text}"]


@pytest.mark.parametrize("kind", STRATEGIES)
@settings(max_examples=5, **shared_directory)
@given(data=st.data())
def test_every_key_is_drawn(kind, files, data):
    document = data.draw(STRATEGIES[kind](files, full=True))
    sections = {name for name, field in for_kind(kind).fields.items() if field["type"] == "dict"}
    keys = document.keys() - sections | {f"{name}.{key}" for name in sections for key in document[name]}
    assert keys == leaves_of(for_kind(kind))


@pytest.mark.parametrize("schema", [NODE, GATEWAY, CLIENT], ids=lambda schema: schema.kind)
def test_every_key_has_a_mistake_in_the_table(schema):
    assert leaves_of(schema) - {mistake.leaf for mistake in MISTAKES if mistake.kind == schema.kind} == set()
