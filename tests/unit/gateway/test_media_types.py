import pytest

from debros.gateway.errors import Problem
from debros.gateway.media_types import content_type


@pytest.mark.parametrize(
    "given", ["image/png", "text/plain;charset=utf-8", 'multipart/x; a="b c"', "x/y ; z", "a/" + "b" * 253]
)
def test_what_is_a_media_type_is_kept_as_it_is(given: str) -> None:
    assert content_type(given) == content_type(f" {given}\t") == given


@pytest.mark.parametrize(
    "given",
    [None, "", "  ", "application/octet-stream", "APPLICATION/octet-stream; x=y", "application/x-www-form-urlencoded"],
)
def test_what_says_nothing(given: str | None) -> None:
    assert content_type(given) == ""


@pytest.mark.parametrize(
    "given", ["text", "/", "a/", "/b", "a/b/c", "a b/c", "a/b c", "a/b;\r\nX: y", "a/b;\x00", "a/b;é", "a/" + "b" * 254]
)
def test_what_is_none(given: str) -> None:
    with pytest.raises(Problem, match="media type") as caught:
        content_type(given)
    assert (caught.value.status, caught.value.code) == (400, "invalid_content_type")
