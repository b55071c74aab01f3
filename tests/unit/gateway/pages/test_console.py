"""The console's page: what its scripts look for is there, and every panel can be reached."""

import re

from testkit.pagefiles import CONSOLE, LOGIN, Reader, imports

PAGE = Reader(CONSOLE.documents["console.html"])
# What only the sign-in page's own ways have: a device, and what comes after.
_NOT_HERE = {"device.js", "page.js", "request.js", "session.js"}


def test_the_scripts_know_only_what_is_there() -> None:
    shared = {one.rpartition("/")[2] for text in CONSOLE.scripts.values() for one in imports(text) if "login" in one}
    assert shared
    assert not shared & _NOT_HERE
    used = CONSOLE.scripts | {name: text for name, text in LOGIN.scripts.items() if name not in _NOT_HERE}
    for name, text in used.items():
        asked = re.findall(r'(?:\bat|\bpress)\("([\w-]+)"', text)
        asked += re.findall(r'^\s+"([a-z]+-[a-z-]+)": ', text, flags=re.MULTILINE)
        assert set(asked) <= set(PAGE.ids), name


def test_every_panel_has_a_heading_and_every_place_a_panel() -> None:
    panels = {one["id"]: one for one in PAGE.all("section") if "panel" in one.get("class", "")}
    headings = {heading["id"] for heading in PAGE.all("h2") if heading.get("tabindex") == "-1"}
    assert {panel["aria-labelledby"] for panel in panels.values()} <= headings
    places = {link["href"].removeprefix("#") for link in PAGE.all("a")} - {"main"}
    assert places == set(panels) - {"first-key"}
    assert all(f"{name}-trouble" in PAGE.ids for name in places)
