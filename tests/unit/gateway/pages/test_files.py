"""The files of every page: complete, harmless, and nothing of them from elsewhere."""

import posixpath
import re

import pytest

from debros.gateway.pages import files
from testkit.pagefiles import FOLDERS, PAGES, PageFiles, Reader, imports

every_page = pytest.mark.parametrize("page", PAGES, ids=[page.folder for page in PAGES])


@every_page
def test_every_file_is_served_and_nothing_else(page: PageFiles) -> None:
    kept = {path.name for path in (FOLDERS / page.folder).iterdir()}
    assert kept == {*page.names, *page.documents}
    assert {files.media_type(name) for name in page.names} == {"text/css", "text/javascript"}


@every_page
def test_the_policy_has_nothing_to_refuse(page: PageFiles) -> None:
    assert "unsafe" not in files.POLICY
    own = set().union(*(one.addresses for one in PAGES))
    for document in page.documents.values():
        read = Reader(document)
        assert read.all("style", "iframe", "object", "embed", "base") == []
        assert all("src" in script for script in read.all("script"))
        for _, attributes in read.tags:
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert "action" not in attributes
        loaded = [one.get("src") or one["href"] for one in read.all("script", "link", "img")]
        # The sign-in page is at v1/auth/login, so its files are at login/files.
        assert {one if one.startswith(("v1", "console", "data")) else f"v1/auth/{one}" for one in loaded} <= own | {
            "data:,"
        }


@every_page
def test_nothing_is_loaded_from_elsewhere(page: PageFiles) -> None:
    for name, text in {**page.styles, **page.scripts}.items():
        code = re.sub(r"^\s*(//|\*|/\*).*$", "", text, flags=re.MULTILINE)
        assert not re.search(r"https?://|@import|url\(", code), name


def test_what_is_imported_is_there_and_what_is_there_is_imported() -> None:
    """A module's address is relative to the one that imports it; pages name their first ones."""
    there = set().union(*({f"{page.served}/{name}" for name in page.scripts} for page in PAGES))
    imported = {
        posixpath.normpath(posixpath.join(page.served, one))
        for page in PAGES
        for text in page.scripts.values()
        for one in imports(text)
    }
    assert imported | {"v1/auth/login/files/page.js", "console/files/console.js"} == there


@every_page
def test_nothing_from_elsewhere_becomes_markup(page: PageFiles) -> None:
    for name, text in page.scripts.items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|\.href = ", text
        ), name


@every_page
def test_names_in_a_page_are_of_something_in_it(page: PageFiles) -> None:
    for document in page.documents.values():
        read = Reader(document)
        assert len(read.ids) == len(set(read.ids))
        named = " ".join(
            attributes.get(name, "")
            for _, attributes in read.tags
            for name in ("aria-labelledby", "aria-describedby", "for")
        ).split()
        assert set(named) <= set(read.ids)
        labelled = {label["for"] for label in read.all("label")}
        assert {field["id"] for field in read.all("input", "textarea", "select")} == labelled


@every_page
def test_no_file_is_long(page: PageFiles) -> None:
    for name, text in {**page.styles, **page.scripts}.items():
        assert text.count("\n") < 200, name
