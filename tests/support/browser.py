"""A real browser for tests of pages: Chromium or Chrome as the machine has it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

# Functions that tests call in a page.
PAGE_CHECKS = Path(__file__).with_name("page_checks.js")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPLICATIONS = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")
WHAT_TO_DO = (
    "Install one (Debian: apt-get install chromium; macOS: brew install --cask google-chrome) or name it: "
    "CHROMIUM=/path/to/it make test"
)


def browser_path() -> str | None:
    """Path of a Chromium or Chrome that starts: CHROMIUM names it, or it is on the PATH, among the applications of a
    Mac, or downloaded by Playwright. None if there is none."""
    places = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    places += [str(Path("/Applications", name)) for name in MAC_APPLICATIONS]
    return next(filter(_starts, places), None) or next(filter(_starts, [_of_playwright()]), None)


def _of_playwright() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _starts(place: str | None) -> bool:
    """False also for a browser whose libraries are missing, and for a script that only says how to get one."""
    if not place or not Path(place).exists():
        return False
    return subprocess.run([place, "--version"], capture_output=True).returncode == 0


@contextmanager
def open_browser(*arguments: str) -> Iterator[Browser]:
    """A headless browser, started with further arguments. The test fails where there is none."""
    path = browser_path()
    if path is None:
        pytest.fail(f"This test looks at a page in Chromium or Chrome, and none was found. {WHAT_TO_DO}", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
