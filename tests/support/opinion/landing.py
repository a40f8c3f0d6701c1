"""What is known at a month: deliveries merged by key, first versions of plans, events that count once (R5, R6, R11)."""

from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import PurePath

from .charges import Item, Row
from .values import is_number, is_timestamp, month_number, number

KEYS = {
    "tenants": ("tenant_id",),
    "deployments": ("deployment_id",),
    "deployment_events": ("event_id",),
    "subscriptions": ("subscription_id", "starts_on"),
    "subscription_addons": ("subscription_addon_id",),
    "top_ups": ("top_up_id",),
    "payments": ("payment_id",),
    "plan_versions": ("plan_version_id",),
    "plan_items": ("plan_version_id", "resource_kind"),
    "fx_rates": ("month", "from_currency", "to_currency"),
    "bundles": ("bundle_id",),
    "campaigns": ("campaign_id",),
}

# what a row of a feed without key must have to be valid: column -> test
FORMS = {
    "quantity": lambda text: is_number(text, decimals=9) and not text.startswith("-"),
    "charge": lambda text: is_number(text, decimals=None),
    "measured_at": is_timestamp,
    "occurred_at": is_timestamp,
    "billable": lambda text: text.lower() in ("", "true", "false", "t", "f", "1", "0"),
    "resource_kind": bool,
}


def counts(row: Row) -> bool:
    """R6: only valid rows count, and only they have duplicates."""
    return all(test(row[column] or "") for column, test in FORMS.items() if column in row)


@dataclass(frozen=True)
class File:
    """One file of the landing."""

    feed: str
    period: str
    name: str
    rows: tuple[Row, ...]


class Known:
    """The landing as known at a month (all of it if that is None)."""

    def __init__(self, landing: list[File], month: str | None, window: int = 3):
        known = [file for file in landing if month is None or file.period <= month]
        self.files = sorted(known, key=lambda file: (file.period, file.name.encode()))
        self.window = window
        self._again: dict[str, Known] = {}

    def until(self, month: str) -> "Known":
        """What of this was known at an earlier month."""
        return Known(self.files, month, self.window)

    def again(self, month: str) -> "Known":
        """R15: this, but a deployment's tenant, a tenant's currency and tax region, and the terms of campaigns and
        bundles as known at an earlier month, where they were known then at all."""
        if month not in self._again:
            self._again[month] = self._with_terms_of(self.until(month))
        return self._again[month]

    def _with_terms_of(self, then: "Known") -> "Known":
        found = copy(self)
        found.tenants = self.tenants | then.tenants
        found.deployments = self.deployments | then.deployments
        found.campaigns = self.campaigns | then.campaigns
        found.bundles = self.bundles | then.bundles
        return found

    def table(self, table: str) -> Iterator[tuple[str, Row]]:
        """(delivery, row) of a table; a key repeated within a delivery: the first stays."""
        for file in self.files:
            if file.feed in ("control_plane", "campaigns") and PurePath(file.name).stem == table:
                seen = set()
                for row in file.rows:
                    key = tuple(row[column] for column in KEYS.get(table, ()))
                    if not key or key not in seen:
                        yield file.period, row
                    seen.add(key)

    def newest(self, table: str) -> list[Row]:
        """Merged by key over deliveries: the newest wins."""
        return list({tuple(row[column] for column in KEYS[table]): row for _, row in self.table(table)}.values())

    def by_id(self, table: str) -> dict[str, Row]:
        return {row[KEYS[table][0]]: row for row in self.newest(table)}

    def first_sets(self, table: str) -> dict[str, list[Row]]:
        """R5: plan version -> its rows, as in the first delivery that has any of them."""
        found: dict[str, tuple[str, list[Row]]] = {}
        for delivery, row in self.table(table):
            first, rows = found.setdefault(row["plan_version_id"], (delivery, []))
            if first == delivery:
                rows.append(row)
        return {plan_version: rows for plan_version, (_, rows) in found.items()}

    @cached_property
    def tenants(self) -> dict[str, Row]:
        return self.by_id("tenants")

    @cached_property
    def deployments(self) -> dict[str, Row]:
        return self.by_id("deployments")

    @cached_property
    def campaigns(self) -> dict[str, Row]:
        return self.by_id("campaigns")

    @cached_property
    def bundles(self) -> dict[str, Row]:
        return self.by_id("bundles")

    @cached_property
    def rates(self) -> dict[tuple[str, str, str], Fraction]:
        """R11: (month, from, to) -> `to` per one `from`."""
        return {
            tuple(row[column] for column in KEYS["fx_rates"]): number(row["rate"]) for row in self.newest("fx_rates")
        }

    @cached_property
    def plan_versions(self) -> dict[str, Row]:
        """R5: the first delivery of a plan version counts."""
        found: dict[str, Row] = {}
        for _, row in self.table("plan_versions"):
            found.setdefault(row["plan_version_id"], row)
        return found

    @cached_property
    def plan_items(self) -> dict[str, dict[str, Item]]:
        """R5, R9: plan version -> kind -> item, without those that cannot be priced."""
        tiers: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for plan_version, rows in self.first_sets("plan_item_tiers").items():
            for row in rows:
                tiers[plan_version, row["resource_kind"]].append(row)
        return {
            plan_version: {
                row["resource_kind"]: item
                for row in rows
                if (item := Item.of(row, tiers[plan_version, row["resource_kind"]])).is_usable
            }
            for plan_version, rows in self.first_sets("plan_items").items()
        }

    def by_deployment(self, table: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.newest(table):
            found.setdefault(row["deployment_id"], []).append(row)
        return found

    @cached_property
    def metering(self) -> list[Row]:
        """R6: events that count."""
        return self._once("metering", "event_id", self.window)

    @cached_property
    def charges(self) -> list[Row]:
        """R11: `gateway_request_id` is unique over all time."""
        return self._once("llm_usage", "gateway_request_id", None)

    def _once(self, feed: str, key: str, window: int | None) -> list[Row]:
        """R6: not a row whose id came before, kept or not, in this delivery or one at most `window` months earlier."""
        kept, last_seen = [], {}
        for file in self.files:
            for row in file.rows if file.feed == feed else ():
                if not counts(row):
                    continue
                before, last_seen[row[key]] = last_seen.get(row[key]), month_number(file.period)
                if before is None or (window is not None and month_number(file.period) - before > window):
                    kept.append(row)
        return kept
