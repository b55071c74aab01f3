"""The page: complete, harmless, and readable without eyes."""

import base64
import copy
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest

from debros.gateway.openapi.document import document
from debros.gateway.openapi.page import POLICY, page
from debros.gateway.routes import all_routes

_VOID = {"meta"}


@pytest.fixture(scope="module")
def described():
    return document(all_routes())


class Reader(HTMLParser):
    """Notes what is on a page, and that every element ends where it must."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.names, self.ids, self.links, self.labels, self.loaded, self.style = [], [], [], [], [], [], ""

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            elif name == "href":
                self.links.append(value)
            elif name == "aria-labelledby":
                self.labels.append(value)
            elif name in {"src", "srcset", "data", "action", "style"} or name.startswith("on"):
                self.loaded.append((tag, name))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data


def read(text) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_every_operation_and_schema_is_there_and_every_link_leads_somewhere(described) -> None:
    reader = read(page(described))
    operations = [one["operationId"] for methods in described["paths"].values() for one in methods.values()]
    assert set(operations) <= set(reader.ids)
    assert {f"schema-{name}" for name in described["components"]["schemas"]} <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)
    assert set(reader.labels) <= set(reader.ids)
    assert {link for link in reader.links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in reader.links if link.startswith("#")} <= set(reader.ids)


def test_nothing_is_loaded_or_run(described) -> None:
    reader = read(page(described))
    assert reader.loaded == []
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(reader.names)


def test_the_policy_allows_the_style_of_the_page_and_nothing_else(described) -> None:
    digest = base64.b64encode(hashlib.sha256(read(page(described)).style.encode()).digest()).decode()
    allowed = dict(one.strip().split(" ", 1) for one in POLICY.split(";"))
    assert allowed.pop("style-src") == f"'sha256-{digest}'"
    assert set(allowed.values()) == {"'none'"}
    assert "default-src" in allowed


def test_it_can_be_heard(described) -> None:
    text = page(described)
    reader = read(text)
    assert '<html lang="en">' in text
    assert reader.names.count("h1") == reader.names.count("main") == reader.names.count("nav") == 1
    levels = [int(name[1]) for name in reader.names if re.fullmatch("h[1-6]", name)]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert '<th scope="col">' in text


def test_words_of_the_document_are_no_markup(described) -> None:
    hostile = copy.deepcopy(described)
    query = hostile["paths"]["/v1/rqlite/query"]["post"]
    query["summary"] = query["parameters"][0]["description"] = '<script>alert("x")</script> & `<b>`'
    text = page(hostile)
    assert "<script" not in text
    assert "<code>&lt;b&gt;</code>" in text
