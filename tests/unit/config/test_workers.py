import os

import pytest

from debros.config import load_gateway, workers


@pytest.mark.parametrize(("given", "number"), [(1, 1), ("3", 3), (" 64 ", 64), (2, 2)])
def test_a_number_is_that_number(given, number) -> None:
    assert workers.parse(given) == number


@pytest.mark.parametrize("given", [0, -1, 65, "0", "65", "", "many", "1.5", "Auto"])
def test_what_is_no_number_of_workers(given) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the rule has words of its own
        workers.parse(given)


@pytest.mark.parametrize(("cores", "number"), [({0}, 1), ({1, 5, 6}, 3), (set(range(100)), 64)])
def test_auto_is_one_for_each_core_that_may_be_used(monkeypatch, cores, number) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: cores)
    assert load_gateway(None, environ={"GATEWAY_WORKERS": "auto"}).workers == number
