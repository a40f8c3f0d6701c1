"""Files put into the landing: whole under their name or not at all, and never over another."""

import os
from datetime import date
from pathlib import Path

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger.durable import sync
from python_assets.periods import period_text


def folder_of(home: Home, feed: str, period: date) -> Path:
    """Where a feed's files for a close lie."""
    return home.landing / feed / f"period={period_text(period)}"


def put(path: Path, content: bytes) -> None:
    """Writes a new file: beside its place under a hidden name, which ingest ignores, to the disk, then renamed."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync(path.parent)
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror or error}") from error
