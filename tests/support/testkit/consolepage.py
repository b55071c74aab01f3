"""The console in a browser: who signs in there, and what a panel says."""

from typing import Any

from testkit.browser import Page


def sign_in(page: Page, url: str, namespace: str, wallet: str = "Test Wallet") -> None:
    """Go to the console, and sign in with an injected wallet; its first API key stays on the screen."""
    page.expect(
        "/health - "
    )  # a gateway on a busy machine may say that it is not well for a moment, which is its right
    page.get(f"{url}/console")
    page.until(lambda: page.at("namespace").is_displayed())
    page.at("namespace").clear()
    page.at("namespace").send_keys(namespace)
    page.press(wallet)
    page.step("review")
    page.press("Sign with wallet")
    page.until(lambda: page.at("panels").is_displayed())


def use_key(page: Page, url: str, key: str) -> None:
    """Go to the console, and paste an API key."""
    page.expect("/health - ")
    page.get(f"{url}/console")
    page.until(lambda: page.at("api-key").is_displayed())
    page.at("api-key").clear()
    page.at("api-key").send_keys(key)
    page.press("Use this key")


def says(page: Page, identity: str, text: str) -> None:
    """Wait until an element says something."""
    page.until(lambda: text in page.at(identity).text)


def rows(page: Page, panel: str) -> list[dict[str, str]]:
    """Return a panel's table, by its headings."""
    script = """
        const table = document.getElementById(arguments[0]).closest("table");
        const names = [...table.querySelectorAll("thead th")].map((one) => one.textContent);
        return [...table.tBodies[0].rows].map((row) =>
          Object.fromEntries([...row.cells].map((cell, place) => [names[place], cell.textContent])));
    """
    found: Any = page.run(script, f"{panel}-rows")
    return list(found)
