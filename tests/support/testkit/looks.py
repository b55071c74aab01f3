"""How a page looks on screens of several sizes, for eyes and for screen readers."""

from testkit.browser import Page

SIZES = [(320, 568), (768, 1024), (1280, 800)]
_ROLES = {
    "button", "checkbox", "combobox", "dialog", "image", "link", "list", "navigation", "region", "table", "textbox",
}  # fmt: skip


def fits(page: Page) -> None:
    """Nothing stands out to the side, and what can be pressed is large enough for a finger (WCAG 2.2, 2.5.8)."""
    assert page.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    sizes = page.run(
        "return [...document.querySelectorAll('button, input:not([type=checkbox]), select, textarea')]"
        ".filter((one) => one.offsetParent)"
        ".map((one) => [one.id || one.textContent, one.offsetWidth, one.offsetHeight])"
    )
    assert all(width >= 44 and height >= 44 for _, width, height in sizes), sizes


def named(page: Page) -> list[str]:
    """Return role and name of what a screen reader meets; each has one."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    found = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in _ROLES | {"heading", "alert", "status"}
    ]
    assert all(name for role, name in found if role in _ROLES - {"image", "list"}), found
    return [f"{role} {name}" for role, name in found]
