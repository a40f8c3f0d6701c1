"""A full disk, whichever library reports it: Python, DuckDB, SQLite, or dbt in one of their sentences."""

import errno
import re
import shutil
from pathlib import Path

from python_assets.errors import chain_of

_NUMBERS = (errno.ENOSPC, errno.EDQUOT)
# The third is DuckDB's when a query that needs more than memory does not fit on the disk either.
_SENTENCES = re.compile(
    "no space left on device|disk quota exceeded|failed to offload data block|database or disk is full", re.IGNORECASE
)
_PERHAPS = "disk I/O error"  # SQLite's for many faults; a full disk if next to nothing is free
_NEXT_TO_NOTHING = 1_000_000  # bytes
_QUOTED_PATH = re.compile(r"""["'](/[^"'\n]+)["']""")


def full_disk(error: BaseException | str, home: Path) -> str | None:
    """What to tell the user if an error, or what caused it, is a full disk; else None.

    Names the folder of the file that could not be written where the error does, else the home.
    """
    for each in chain_of(error) if isinstance(error, BaseException) else [error]:
        if isinstance(each, OSError) and each.errno in _NUMBERS:
            return _message(each.filename, home)
        for line in str(each).splitlines():
            if _SENTENCES.search(line) or (_PERHAPS in line and _free(home) < _NEXT_TO_NOTHING):
                path = _QUOTED_PATH.search(line)
                return _message(path and path[1], home)
    return None


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free if folder.exists() else _NEXT_TO_NOTHING


def _message(path: str | bytes | int | None, home: Path) -> str:
    folder = Path(path).parent if isinstance(path, str) else home
    return f"the disk is full: nothing more can be written to {folder}; free some space and run again"
