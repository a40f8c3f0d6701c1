"""Every guide is followed as a new user would, page after page in one folder: commands run and print what is shown.

The pages build on one another: a page that is asked for alone first follows those before it.
"""

from pathlib import Path

import pytest
from support.guides import GUIDES, fits, follow

ORDER = ("first-month", "backfill", "findings", "corrections", "verify", "operate")


class Reader:
    """Someone who begins with an empty folder and reads on."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._read = 0
        self._stuck = ""

    def read(self, page: str) -> None:
        for name in ORDER[self._read : ORDER.index(page) + 1]:
            if self._stuck:
                pytest.fail(f"{page} builds on {self._stuck}, which failed", pytrace=False)
            self._stuck = name
            follow(GUIDES / f"{name}.md", self._folder)
            self._stuck = ""
            self._read += 1


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("guides"))


@pytest.mark.parametrize("page", ORDER)
def test_a_reader_gets_what_the_page_shows(reader: Reader, page: str):
    reader.read(page)


@pytest.mark.parametrize(
    ("shown", "printed", "is_shown"),
    [
        ("hash e8cf…", f"hash {'0' * 64}  ", True),
        ("hash e8cf…", f"hash {'0' * 63}", False),
        ("hash ce6e5a79…", "hash 01234567…", True),
        ("hash ce6e5a79…", f"hash {'0' * 64}", False),
        ("report …/home", "report /srv/home", True),
        ("first\n…\nlast", "first\nsome\nmore\nlast", True),
        ("total 5", "total 6", False),
        ("first", "first\nand an error", False),
    ],
)
def test_what_is_masked_and_nothing_else_may_differ(shown: str, printed: str, is_shown: bool):
    assert fits(shown, printed) is is_shown
