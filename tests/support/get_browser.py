"""`python -m support.get_browser`: a browser for the tests of pages, unless there is one.

`make test` does this once, before its workers start. Playwright's own download comes first, since it needs no rights;
where it cannot be had or does not start, Debian's package manager follows, if it may be used without a password.
"""

import os
import shutil
import subprocess
import sys

from support.browser import WHAT_TO_DO, browser_path

PACKAGES = ("chromium", "fonts-dejavu-core")


def main() -> None:
    if browser_path():
        return
    for way, succeeds in (("Playwright's download", _download), ("apt-get", _install)):
        print(f"The tests of pages need Chromium or Chrome, and none was found: trying {way}", file=sys.stderr)
        if succeeds() and browser_path():
            return
    print(f"No browser could be installed: the tests of pages will fail. {WHAT_TO_DO}", file=sys.stderr)


def _download() -> bool:
    return _succeeds([sys.executable, "-m", "playwright", "install", "--no-shell", "--no-progress", "chromium"])


def _install() -> bool:
    if not shutil.which("apt-get"):
        return False
    apt = ["apt-get", "-qq"] if os.geteuid() == 0 else ["sudo", "-n", "apt-get", "-qq"]
    # A list of packages that is out of date may do; one that is missing does not.
    _succeeds([*apt, "update"])
    return _succeeds([*apt, "install", "-y", "--no-install-recommends", *PACKAGES])


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}).returncode == 0
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main()
