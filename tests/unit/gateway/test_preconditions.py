import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from debros.gateway.errors import Problem
from debros.gateway.preconditions import conditions, etag
from debros.tenants.storage import Conditions, Tags

OPAQUE = st.text(alphabet=string.ascii_letters + string.digits + "!,#*/ÿ-'", max_size=12)


def read(*lines: str, name: str = "if-none-match") -> Conditions:
    return conditions(Headers(raw=[(name.lower().encode(), line.encode("latin-1")) for line in lines]))


def test_nothing_is_asked_for() -> None:
    assert conditions(Headers()) == Conditions(None, None)


@pytest.mark.parametrize("text", ["*", " * ", "\t*"])
def test_whichever_there_is(text: str) -> None:
    assert read(text).none_match == Tags(every=True)
    assert read(text, name="If-Match").match == Tags(every=True)


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ('"a"', ("a",)),
        ('""', ("",)),
        ('"*"', ("*",)),
        ('"a","b"', ("a", "b")),
        (' , "a" ,, "b" , ', ("a", "b")),
        ('"a,b", W/"c"', ("a,b", "c")),
    ],
)
def test_lists(text: str, versions: tuple[str, ...]) -> None:
    assert read(text).none_match == Tags(versions)


def test_a_weak_tag_is_nobodys_in_a_strong_comparison() -> None:
    assert read('W/"a", "b"', name="If-Match").match == Tags(("b",))
    assert read('W/"a"', name="If-Match").match == Tags(())


@pytest.mark.parametrize(
    "text", ["", " ", ",", "a", '"a', 'a"', '"a" "b"', '"a"b', '*, "a"', '"a", *', 'w/"a"', '"a b"']
)
def test_what_is_none_of_these(text: str) -> None:
    for name in ("If-Match", "If-None-Match"):
        with pytest.raises(Problem, match=f"{name} must be") as caught:
            read(text, name=name)
        assert (caught.value.status, caught.value.code) == (400, "invalid_condition")


def test_too_many() -> None:
    assert len(read(", ".join(['"a"'] * 100)).none_match.versions) == 100
    with pytest.raises(Problem, match="has 101 entity tags"):
        read(", ".join(['"a"'] * 50), ", ".join(['"a"'] * 51))


@given(st.lists(OPAQUE, min_size=1, max_size=5), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_what_was_given_out_comes_back(versions: list[str], between: str) -> None:
    assert read(between.join(map(etag, versions))).none_match == Tags(tuple(versions))
    assert read(*map(etag, versions), name="if-match").match == Tags(tuple(versions))


@given(st.text(alphabet='"W/*, \tab\xff', max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text).none_match
    except Problem as problem:
        assert problem.code == "invalid_condition"  # noqa: PT017 - the other way is as good
    else:
        assert found is not None
