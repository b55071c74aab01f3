"""The page on screens of several sizes, for eyes and for screen readers."""

from testkit.injected import Injected
from testkit.wallets import Ethereum

SIZES = [(320, 568), (768, 1024), (1280, 800)]
_ROLES = {"button", "textbox", "link", "image", "region", "list"}


def fits(page) -> None:
    """Nothing stands out to the side, and what can be pressed is large enough for a finger (WCAG 2.2, 2.5.8)."""
    assert page.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    sizes = page.run(
        "return [...document.querySelectorAll('button, input')].filter((one) => one.offsetParent)"
        ".map((one) => [one.id || one.textContent, one.offsetWidth, one.offsetHeight])"
    )
    assert all(width >= 44 and height >= 44 for _, width, height in sizes), sizes


def named(page) -> list[str]:
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


async def test_it_fits_and_speaks(gateway, page, browse, name) -> None:
    Injected(page, Ethereum(), "A wallet with quite a long name that goes on for a while")
    Injected(page, Ethereum(), "Foreign icon", icon="https://evil.example/icon.png")
    long = f"{name}-{'long' * 12}"

    def look(width, height, dark):
        kind = f"looks-{width}-{'dark' if dark else 'light'}"
        page.size(width, height, dark=dark)
        page.get(f"{gateway.url}/v1/auth/login")
        page.button("Foreign icon")
        fits(page)
        first = named(page)
        assert {"heading Sign in", "heading Choose your wallet", "textbox Namespace"} <= set(first)
        page.photograph(f"{kind}-wallet")
        page.at("namespace").send_keys(long)
        page.press("A wallet with")
        page.step("review")
        fits(page)
        second = named(page)
        assert {"heading Read what you sign", "button Sign with wallet", "button Back"} <= set(second)
        assert any(one.startswith("region Your wallet will show this text.") for one in second)
        page.photograph(f"{kind}-review")
        return page.run("return [...document.images].map((one) => one.src)")

    for width, height in SIZES:
        for dark in (False, True):
            pictures = await browse(lambda size=(width, height, dark): look(*size))
            assert [one[:11] for one in pictures] == ["data:image/"]
