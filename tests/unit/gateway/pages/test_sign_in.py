"""The sign-in page: its steps, its refusal, and colours that everybody can read, which the console shares."""

import re

import pytest

from debros.gateway.pages import sign_in
from testkit.pagefiles import LOGIN, Reader

COLOURS = sign_in.file("colours.css")
PAGE = Reader(sign_in.file("page.html"))


def test_the_scripts_know_only_what_is_there() -> None:
    for name, text in LOGIN.scripts.items():
        asked = re.findall(r'(?:\bat|\bpress)\("([\w-]+)"', text)
        asked += re.findall(r'^\s+"([a-z]+-[a-z-]+)": ', text, flags=re.MULTILINE)
        assert set(asked) <= set(PAGE.ids), name


def test_every_step_has_a_heading_that_takes_the_focus() -> None:
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
    blocks = re.findall(r":root \{([^}]*)\}", COLOURS)
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
        ("bad", "bad-ground"), ("text", "bad-ground"), ("good", "sheet"), ("warn", "sheet"), ("bad", "sheet"),
    ]  # fmt: skip
    for text, ground in texts:
        assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
    for line in ("faint", "main", "bad"):
        assert contrast(colour[line], colour["sheet"]) >= 3, line
