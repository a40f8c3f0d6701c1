"""The one place where the clock is asked; everything else takes an as-of date."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from python_assets.home import Home


def today(home: Home) -> date:
    """Today in the billing time zone."""
    return datetime.now(ZoneInfo(home.config.timezone)).date()
