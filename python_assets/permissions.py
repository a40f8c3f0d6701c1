"""Who may read what is written: owner and group, never others, and no more than the user's own umask allows.

Ledger, warehouse and publications hold every tenant's amounts. A mode is bounded where files are created, by the umask
of the process, which the processes that it starts inherit; so no writer has to think of it. The landing is the user's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE

from python_assets.home import Home

_NOT_FOR = 0o027  # others at all, the group for writing
_OWNER_ALONE = 0o077
_WRITING = 0o222


@contextmanager
def kept_from_others() -> Iterator[None]:
    """Bounds the modes of the files that this process, and those that it starts, create inside."""
    umask = os.umask(_OWNER_ALONE)  # to set it is the only way to read it
    os.umask(umask | _NOT_FOR)
    try:
        yield
    finally:
        os.umask(umask)


def make_read_only(path: Path | str) -> None:
    """Takes from a file whatever lets it be written, or read by others."""
    _forbid(Path(path), _NOT_FOR | _WRITING)


def restrict(home: Home) -> None:
    """Does the same to what an earlier version left in a home: the ledger whole, of the rest the folders at the top.

    The secret is left to its owner alone. What belongs to another user stays as it is.
    """
    write_ahead = home.warehouse.with_name(home.warehouse.name + ".wal")
    for path in (home.raw, home.publications, home.receipts, home.dagster, home.warehouse, write_ahead):
        _forbid(path, _NOT_FOR)
    for path in [home.ledger, *home.ledger.rglob("*")]:
        _forbid(path, _NOT_FOR)
    _forbid(home.ledger / "secret", _OWNER_ALONE)


def _forbid(path: Path, bits: int) -> None:
    with suppress(FileNotFoundError, PermissionError):
        mode = S_IMODE(path.stat().st_mode)
        if mode & bits:
            path.chmod(mode & ~bits)
