"""The files of the sign-in page: complete, harmless, and readable by everybody."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from debros.gateway.pages import sign_in

FOLDER = Path(sign_in.__file__).parent / "login"
CSS = sign_in.file("page.css")
SCRIPTS = {name: sign_in.file(name) for name in sign_in.FILES if name.endswith(".js")}


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


PAGE = Reader(sign_in.file("page.html"))
REFUSED = Reader(sign_in.refused("code", "detail"))


def test_every_file_is_served_and_nothing_else() -> None:
    kept = {path.name for path in FOLDER.iterdir()}
    assert kept == {*sign_in.FILES, "page.html", "refused.html"}
    assert {sign_in.media_type(name) for name in sign_in.FILES} == {"text/css", "text/javascript"}


@pytest.mark.parametrize("page", [PAGE, REFUSED])
def test_the_policy_has_nothing_to_refuse(page: Reader) -> None:
    assert "unsafe" not in sign_in.POLICY
    assert page.all("style", "iframe", "object", "embed", "base") == []
    assert all("src" in script for script in page.all("script"))
    for _, attributes in page.tags:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert "action" not in attributes
    loaded = [one.get("src") or one["href"] for one in page.all("script", "link", "img")]
    own = {f"login/files/{name}" for name in sign_in.FILES}
    assert set(loaded) <= own | {"data:,"}


def test_nothing_is_loaded_from_elsewhere() -> None:
    for name, text in {"page.css": CSS, **SCRIPTS}.items():
        code = re.sub(r"^\s*(//|\*|/\*).*$", "", text, flags=re.MULTILINE)
        assert not re.search(r"https?://|@import|url\(", code), name
    imported = {one for text in SCRIPTS.values() for one in re.findall(r'from "\./([\w.]+)"', text)}
    assert imported | {"page.js"} == set(SCRIPTS)


def test_nothing_from_elsewhere_becomes_markup() -> None:
    for name, text in SCRIPTS.items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|\.href = ", text
        ), name


def test_the_scripts_know_only_what_is_there() -> None:
    ids = [attributes["id"] for _, attributes in PAGE.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for name, text in SCRIPTS.items():
        asked = re.findall(r'(?:\bat|\bpress)\("([\w-]+)"', text)
        asked += re.findall(r'^\s+"([a-z]+-[a-z-]+)": ', text, flags=re.MULTILINE)
        assert set(asked) <= set(ids), name
    named = " ".join(
        attributes.get(name, "")
        for _, attributes in PAGE.tags
        for name in ("aria-labelledby", "aria-describedby", "for")
    ).split()
    assert set(named) <= set(ids)


def test_every_field_has_a_label_and_every_step_a_heading_that_takes_the_focus() -> None:
    labelled = {label["for"] for label in PAGE.all("label")}
    assert {field["id"] for field in PAGE.all("input")} == labelled
    focusable = {heading["id"] for heading in PAGE.all("h2") if heading.get("tabindex") == "-1"}
    assert {section["aria-labelledby"] for section in PAGE.all("section")} == focusable
    assert all("hidden" in section for section in PAGE.all("section"))
    roles = {attributes["id"]: attributes["role"] for _, attributes in PAGE.tags if "role" in attributes}
    assert (roles["problem"], roles["status"]) == ("alert", "status")


def test_the_refusal_is_text() -> None:
    text = sign_in.refused("<b>", "<script>alert(1)</script> $code")
    assert "<b>" not in text
    assert text.count("<script") == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt; $code" in text


def colours() -> list[dict[str, str]]:
    """The light ones, and the dark ones."""
    blocks = re.findall(r":root \{([^}]*)\}", CSS)
    assert len(blocks) == 2
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]+);", block)) for block in blocks]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_can_be_read(scheme: int) -> None:
    """WCAG 2.2: 4.5 for texts (1.4.3), 3 for the outlines of what can be pressed (1.4.11)."""
    colour = colours()[scheme]
    assert colour.keys() == colours()[0].keys()
    texts = [
        ("text", "ground"), ("text", "sheet"), ("faint", "ground"), ("faint", "sheet"), ("on-main", "main"),
        ("bad", "bad-ground"), ("text", "bad-ground"),
    ]  # fmt: skip
    for text, ground in texts:
        assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
    for line in ("faint", "main", "bad"):
        assert contrast(colour[line], colour["sheet"]) >= 3, line
