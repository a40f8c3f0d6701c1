"""Where in the landing a fetched file goes."""

from datetime import date
from pathlib import Path

from python_assets.home import Home
from python_assets.periods import period_text


def folder_of(home: Home, feed: str, period: date) -> Path:
    """Where a feed's files for a close lie."""
    return home.landing / feed / f"period={period_text(period)}"
