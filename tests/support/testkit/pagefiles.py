"""The files of the gateway's pages, read as a browser does."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from debros.gateway import pages
from debros.gateway.pages import console, files, sign_in

FOLDERS = Path(pages.__file__).parent


class Reader(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


@dataclass(frozen=True)
class PageFiles:
    """A page: its folder, the files it is made of, where they are served, and its documents."""

    folder: str
    names: tuple[str, ...]
    served: str
    documents: dict[str, str]

    def text(self, name: str) -> str:
        return files.text(self.folder, name)

    @property
    def scripts(self) -> dict[str, str]:
        return {name: self.text(name) for name in self.names if name.endswith(".js")}

    @property
    def styles(self) -> dict[str, str]:
        return {name: self.text(name) for name in self.names if name.endswith(".css")}

    @property
    def addresses(self) -> set[str]:
        return {f"{self.served}/{name}" for name in self.names}


LOGIN = PageFiles(
    "login",
    sign_in.FILES,
    "v1/auth/login/files",
    {"page.html": sign_in.file("page.html"), "refused.html": sign_in.refused("code", "detail")},
)
CONSOLE = PageFiles("console", console.FILES, "console/files", {"console.html": console.file("console.html")})
PAGES = (LOGIN, CONSOLE)


def imports(text: str) -> set[str]:
    """Return what a module imports."""
    return set(re.findall(r'from "([^"]+)"', text))
