"""The console: the page on which owners see the network, their tables, topics, keys and sessions."""

from debros.gateway.pages import files

_STYLES = ("console", "panels")
_MODULES = (
    "account", "ask", "backups", "console", "dom", "entry", "feeds", "health", "keys", "nodes", "peers", "query",
    "result", "sessions", "tables", "topics", "units", "words",
)  # fmt: skip
FILES = (*(f"{name}.css" for name in _STYLES), *(f"{name}.js" for name in _MODULES))


def file(name: str) -> str:
    """Return the text of a file of the page; only names of this module may be asked for."""
    return files.text("console", name)
