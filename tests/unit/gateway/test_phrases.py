from http import HTTPStatus

import pytest

from debros.gateway.phrases import phrase


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "Not Found"), (413, "Content Too Large"), (422, "Unprocessable Content"), (507, "Insufficient Storage")],
)
def test_the_words_of_rfc_9110(status, words):
    assert phrase(status) == words


def test_a_status_that_is_none():
    with pytest.raises(ValueError, match="799"):
        phrase(799)


def test_every_status_has_words():
    assert all(phrase(status) for status in HTTPStatus)
