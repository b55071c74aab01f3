import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from debros.gateway.metrics import Figures
from debros.rqlite.writes import Histogram


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def figures(registry) -> Figures:
    return Figures(registry)


def samples(registry) -> dict:
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def test_what_is_counted_elsewhere_is_read_when_it_is_asked_for(registry, figures) -> None:
    counted = {"one": 1}
    figures.counter("x", "X.", lambda: counted["one"])
    figures.gauge("y", "Y.", lambda: {"a": 1, "b": 2}, ("l",))
    figures.gauge("z", "Z.", lambda: {("a", "b"): 3}, ("l", "m"))
    assert samples(registry)[("x_total",)] == 1
    counted["one"] = 2
    found = samples(registry)
    assert found == {
        ("x_total",): 2,
        ("y", ("l", "a")): 1,
        ("y", ("l", "b")): 2,
        ("z", ("l", "a"), ("m", "b")): 3,
    }


def test_what_cannot_be_told_has_no_sample(registry, figures) -> None:
    figures.gauge("y", "Y.", lambda: None)
    assert samples(registry) == {}
    assert b"# TYPE y gauge" in generate_latest(registry)


def test_a_histogram_of_values_that_were_counted(registry, figures) -> None:
    seen = Histogram((1, 4, 128))
    for value in (*[1] * 5, 3, 3, 4, 200):
        seen.add(value)
    figures.histogram("size", "Size.", lambda: seen)
    assert samples(registry) == {
        ("size_bucket", ("le", "1")): 5,
        ("size_bucket", ("le", "4")): 8,
        ("size_bucket", ("le", "128")): 8,
        ("size_bucket", ("le", "+Inf")): 9,
        ("size_count",): 9,
        ("size_sum",): 5 + 6 + 4 + 200,
    }


def test_a_name_is_given_once(figures) -> None:
    figures.gauge("y", "Y.", lambda: 1)
    with pytest.raises(ValueError, match="a figure named y already"):
        figures.counter("y", "Y.", lambda: 1)
