"""Without a browser these tests are skipped, and say what to do; where everything has to be there they fail."""

import shutil

import pytest

from testkit import browser


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_no_browser(monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=r"scripts/system-deps\.sh browser"), browser.chromium():
        pass
