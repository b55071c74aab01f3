"""What a status is called: RFC 9110's words, whichever Python answers.

Python 3.13 says "Content Too Large" where earlier ones say "Request Entity Too Large"; a fleet of several distributions
shall give one answer, and have one OpenAPI file.
"""

from http import HTTPStatus
from typing import Final

# RFC 9110 section 15.5; those whose name in the standard library changed.
_RENAMED: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def phrase(status: int) -> str:
    """The reason phrase of a status.

    Raises:
        ValueError: there is no such status.
    """
    return _RENAMED.get(status) or HTTPStatus(status).phrase
