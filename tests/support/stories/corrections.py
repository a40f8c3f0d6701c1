"""Files that are corrected after they were delivered (R14): other values, or a row more."""

from collections.abc import Callable
from typing import Any

from .landing import Cells
from .luck import KINDS, Luck

STATES = ("trial", "active", "past_due", "paused", "suspended", "cancelled")


def quantity_of(luck: Luck, row: Cells) -> str:
    return luck.choice((0, luck.decimal(KINDS.get(row["resource_kind"], KINDS["seats"])[1] * 2, 9)))


# table or feed -> what may stand in a row instead
VALUES: dict[str, Callable[[Luck, Cells, list[str]], dict[str, Any]]] = {
    "metering": lambda luck, row, months: luck.choice(
        ({"quantity": quantity_of(luck, row)}, {"measured_at": luck.moment(luck.days(luck.choice(months)))})
    ),
    "llm_usage": lambda luck, row, months: {"charge": luck.choice(("-0.005", luck.decimal(3, 18)))},
    "subscriptions": lambda luck, row, months: {"ends_on": luck.choice(("", luck.days(luck.choice(months))))},
    "subscription_addons": lambda luck, row, months: luck.choice(
        ({"price_cents": luck.int(0, 9999)}, {"qty": luck.int(0, 99)}, {"detached_on": luck.days(luck.choice(months))})
    ),
    "deployment_events": lambda luck, row, months: luck.choice(
        ({"to_state": luck.choice(STATES)}, {"occurred_at": luck.moment(luck.days(luck.choice(months)))})
    ),
    "top_ups": lambda luck, row, months: luck.choice(
        ({"price_cents": luck.int(0, 9999)}, {"qty": quantity_of(luck, row)})
    ),
    "tenants": lambda luck, row, months: {"tax_region": luck.choice(("AU", "NONE"))},
}


def table_of(feed: str, file: str) -> str:
    return file.removesuffix(".csv") if feed == "control_plane" else feed
