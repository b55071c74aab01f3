"""The sign-in page: its files, and what stands there instead of it."""

from html import escape
from string import Template

from debros.gateway.pages import files

_STYLES = ("colours", "page")
_MODULES = (
    "device", "gateway", "offer", "page", "request", "session", "signing", "token", "turns", "view", "wallets", "words",
)  # fmt: skip
FILES = (*(f"{name}.css" for name in _STYLES), *(f"{name}.js" for name in _MODULES))


def file(name: str) -> str:
    """Return the text of a file of the page; only names of this module may be asked for."""
    return files.text("login", name)


def refused(code: str, detail: str) -> str:
    """Return the page for an address that no sign-in can begin with."""
    return Template(file("refused.html")).substitute(code=escape(code), detail=escape(detail))
