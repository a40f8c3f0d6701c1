"""Landings made up at random: many small tenants, each a story of its own, over a shared catalog.

A story is a function of the world's seed and its number alone. Rows are gathered per delivery and file, then written in
an order that depends on the seed. What arrives after its month was closed (`late`) waits for adjustments (R15), and
files that were delivered before may be corrected (R14).
"""

from random import Random

from .catalog import Catalog
from .landing import Landing
from .luck import Luck
from .payments import payments_for
from .setting import Round, Setting
from .story import Story

__all__ = ["Landing", "Round", "Setting", "landing_of", "payments_for"]


def landing_of(setting: Setting, tenants: int, only: set[int] | None = None) -> Landing:
    """A landing of many tenants, or of those alone whose numbers are given."""
    landing = Landing()
    catalog = Catalog(setting, landing)
    for number in range(tenants):
        if only is None or number in only:
            story = Story(setting, landing, catalog, number, tenants)
            story.tell()
            story.correct()
    luck = Luck(Random(f"{setting.seed}/order"), setting.zone)
    for rows in landing.rows.values():
        luck.random.shuffle(rows)
    return landing
