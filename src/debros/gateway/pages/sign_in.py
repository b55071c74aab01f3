"""The sign-in page: its files, under which rules a browser shows them, and what stands there instead of it."""

from functools import cache
from html import escape
from importlib import resources
from string import Template

# Own files only, no frame around them, no form sent anywhere; the data: URLs are wallets' icons.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_TYPES = {"css": "text/css", "js": "text/javascript"}
_MODULES = ("device", "gateway", "page", "request", "session", "signing", "view", "wallets", "words")
FILES = ("page.css", *(f"{name}.js" for name in _MODULES))


def media_type(name: str) -> str:
    """Return the media type of one of the files."""
    return _TYPES[name.rpartition(".")[2]]


@cache
def file(name: str) -> str:
    """Return the text of a file of the page; only names of this module may be asked for."""
    return (resources.files("debros.gateway.pages") / "login" / name).read_text(encoding="utf-8")


def refused(code: str, detail: str) -> str:
    """Return the page for an address that no sign-in can begin with."""
    return Template(file("refused.html")).substitute(code=escape(code), detail=escape(detail))
