"""The page on screens of several sizes, for eyes and for screen readers."""

from testkit.injected import Injected
from testkit.looks import SIZES, fits, named
from testkit.wallets import Ethereum


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
