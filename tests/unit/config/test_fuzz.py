"""No document, however odd, makes loading raise anything else than its problems, one printable line each."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from debros.config import detect_kind, validate_text
from debros.config.schema import CLIENT, GATEWAY, NODE

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
settings_ = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def check(kind, text, **options):
    detect_kind(text)
    report = validate_text(kind, text, **{"environ": {}, **options})
    assert (report.config is None) == bool(report.problems)
    assert all(str(problem).isprintable() for problem in report.problems)
    assert len({problem.path for problem in report.problems}) == len(report.problems)


@pytest.mark.parametrize("schema", [NODE, GATEWAY, CLIENT], ids=lambda schema: schema.kind)
@settings_
@given(data=st.data())
def test_odd_values_under_known_keys(schema, data):
    document = {}
    for name, field in schema.fields.items():
        if field["type"] == "dict" and data.draw(st.booleans()):
            document[name] = data.draw(st.dictionaries(st.sampled_from(list(field["schema"])), values, max_size=3))
        elif data.draw(st.booleans()):
            document[name] = data.draw(values)
    check(schema.kind, yaml.safe_dump(document, allow_unicode=True))


@pytest.mark.parametrize("kind", ["node", "gateway", "client"])
@settings_
@given(document=st.dictionaries(st.text(max_size=8) | st.integers() | st.booleans() | st.none(), values, max_size=4))
def test_odd_keys(kind, document):
    check(kind, yaml.safe_dump(document, allow_unicode=True))


@pytest.mark.parametrize("kind", ["node", "gateway", "client"])
@settings_
@given(text=st.text() | st.text(alphabet="a:-[]{}&*!|>'\"#%@`,?\n \t\\~0", max_size=60))
def test_odd_text(kind, text):
    check(kind, text)


@pytest.mark.parametrize("schema", [NODE, GATEWAY, CLIENT], ids=lambda schema: schema.kind)
@settings_
@given(data=st.data())
def test_odd_environment_and_flags(schema, data):
    texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
    variables = [leaf["meta"]["env"] for _, leaf in schema.leaves() if "env" in leaf["meta"]]
    keys = [".".join(path) for path, _ in schema.leaves()] + list(schema.shorthands)
    environ = data.draw(st.dictionaries(st.sampled_from([*variables, "NETWORK_DEV_LOCAL"]), texts, max_size=4))
    flags = data.draw(st.dictionaries(st.sampled_from(keys), texts | values, max_size=4))
    check(schema.kind, "{}", environ=environ, flags=flags)
