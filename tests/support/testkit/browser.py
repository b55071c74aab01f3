"""A real Chromium, driven through its own driver; it is asked for what a person would see."""

import base64
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

_DEADLINE = 240  # seconds to wait for an event; never a measurement
# Debian's names, and those of other distributions.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# What a page that is just being left or loaded answers; the driver has no exception of its own for the last one.
_ON_THE_WAY = (JavascriptException, NoSuchElementException, StaleElementReferenceException)
_OTHER_PAGE = "does not belong to the document"


@contextlib.contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Start one; without it the test is skipped, or fails in CI."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        text = "chromium and chromedriver are not on PATH; scripts/system-deps.sh browser installs them"
        pytest.fail(text) if os.environ.get("CI") == "true" else pytest.skip(text)
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in (
            "headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "no-first-run",
            "disable-background-networking", "disable-component-update", "disable-sync", f"user-data-dir={profile}",
        ):  # fmt: skip
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        running = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            yield running
        finally:
            running.quit()


class Page:
    """One tab. `pump` is called while something is waited for: what a wallet does meanwhile."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.pump: Callable[[], object] = lambda: None
        self._expected: list[str] = []

    def inject(self, script: str) -> None:
        """Run a script in every page before its own ones, as wallets do."""
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        """Be a screen of that size."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait for something that tells nobody when it happens."""
        deadline = time.monotonic() + _DEADLINE
        while True:
            try:
                self.pump()
                if found := condition():
                    return found
            except WebDriverException as error:
                if not isinstance(error, _ON_THE_WAY) and _OTHER_PAGE not in str(error):
                    raise
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not happen; the page says:\n{self.text()}\n{self.log()}")
            time.sleep(0.02)

    def run(self, script: str, *args: Any) -> Any:
        """Run a script in the page and return its value."""
        return self.driver.execute_script(script, *args)

    def get(self, url: str) -> None:
        """Go somewhere."""
        self.driver.get(url)

    def text(self) -> str:
        """Return what can be read."""
        return str(self.run("return document.body?.innerText ?? ''"))

    def at(self, identity: str) -> WebElement:
        """Return an element."""
        return self.driver.find_element(By.ID, identity)

    def step(self, name: str) -> None:
        """Wait for one of the page's steps."""
        self.until(lambda: self.at(f"step-{name}").is_displayed())

    def says(self, text: str) -> None:
        """Wait until a text can be read."""
        self.until(lambda: text in self.text())

    def button(self, name: str) -> WebElement:
        """Wait for a button by its name, and return it."""

        def found() -> WebElement | None:
            shown = [
                one
                for one in self.driver.find_elements(By.TAG_NAME, "button")
                if one.is_displayed() and one.text.startswith(name) and one.get_attribute("aria-disabled") != "true"
            ]
            return shown[0] if shown else None

        return self.until(found)

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.button(name).click()

    def tab(self, *, back: bool = False) -> str:
        """Press Tab; return what has the focus then."""
        keys = ActionChains(self.driver)
        keys = keys.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT) if back else keys.send_keys(Keys.TAB)
        keys.perform()
        return self.focused()

    def enter(self) -> None:
        """Press Enter."""
        self.keys(Keys.ENTER)

    def keys(self, text: str) -> None:
        """Type where the focus is."""
        ActionChains(self.driver).send_keys(text).perform()

    def offline(self, away: bool) -> None:  # noqa: FBT001 - it is the verb's object
        """Pull the network's plug, or put it back."""
        conditions = {"offline": away, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)

    def focused(self) -> str:
        """Return the id, or else the text, of what has the focus."""
        return str(self.run("const at = document.activeElement; return at.id || at.textContent.trim()"))

    def expect(self, complaint: str) -> None:
        """Let the browser complain of something, such as an answer with status 403."""
        self._expected.append(complaint)

    def expects(self, complaint: str) -> bool:
        """Tell whether a complaint was foreseen."""
        return any(part in complaint for part in self._expected)

    def log(self) -> list[str]:
        """Return what the browser complains of since the last time: a refused file, a script's error."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def photograph(self, name: str) -> None:
        """Keep a picture of the whole page where DEBROS_SCREENSHOTS says, for eyes."""
        if folder := os.environ.get("DEBROS_SCREENSHOTS"):
            height = self.run("return document.documentElement.scrollHeight")
            width = self.run("return innerWidth")  # the picture has no scroll bar
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            shot = self.driver.execute_cdp_cmd(
                "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True, "format": "png"}
            )
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(shot["data"]))
