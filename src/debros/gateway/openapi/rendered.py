"""The document in the forms in which it is given out; each is made once, when somebody asks for it first."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import orjson
import yaml
from starlette.routing import BaseRoute

from debros.gateway.openapi.document import Document, document
from debros.gateway.openapi.page import page

_WIDTH = 130  # a word that begins there ends before the 160 of yamllint
_ONE_LINE = 90
_HEAD = "# Written by `make openapi` from the routes of the gateway. Change those, not this file.\n---\n"


class _Dumper(yaml.SafeDumper):
    """Block style with lists indented as yamllint wants them, and no anchors: readers search, they do not resolve."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Write a value that occurs twice twice."""
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> yaml.SequenceNode:  # noqa: ARG002, FBT001 - see above
        """Write a list of few words in one line."""
        words = all(isinstance(one, str | int | float | None) for one in sequence)
        short = words and sum(len(str(one)) + 2 for one in sequence) < _ONE_LINE
        return super().represent_sequence(tag, sequence, flow_style=short)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        """Indent lists below their key."""
        super().increase_indent(flow, indentless=False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent_text)


class Rendered:
    """The document of an application.

    Args:
        routes: Those of the application.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    @cached_property
    def document(self) -> Document:
        """The document itself."""
        return document(self._routes)

    @cached_property
    def json(self) -> bytes:
        """The document as JSON."""
        return orjson.dumps(self.document)

    @cached_property
    def html(self) -> bytes:
        """The document as a page to read."""
        return page(self.document).encode()

    def yaml(self) -> str:
        """Return the document as it is kept in openapi/gateway.yaml."""
        text: str = yaml.dump(self.document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
        return _HEAD + text
