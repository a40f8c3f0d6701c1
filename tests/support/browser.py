"""A real browser for tests of pages: Chromium or Chrome as the machine has it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# Functions that tests call in a page.
PAGE_CHECKS = Path(__file__).with_name("page_checks.js")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")


def browser_path() -> str | None:
    """Where a Chromium or Chrome is: CHROMIUM says so, or it is on the PATH, or among the applications of a Mac."""
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places += [str(Path("/Applications", name)) for name in MAC_APPLICATIONS]
    return next((place for place in places if place and Path(place).exists()), None)


@contextmanager
def open_browser(*arguments: str) -> Iterator[Browser]:
    """A headless browser, started with further arguments. The test fails where there is none."""
    path = browser_path()
    if path is None:
        pytest.fail(
            "This test looks at a page in Chromium or Chrome, and none was found. Install one (Debian, Ubuntu: "
            "apt-get install chromium; macOS: brew install --cask google-chrome) or name it: "
            "CHROMIUM=/path/to/it make test",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
