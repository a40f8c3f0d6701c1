"""What is known at a month: deliveries merged by key, first versions of plans, events that count once (R5, R6, R11)."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import PurePath

from .charges import FACTORS, Item, Row
from .values import is_id, is_number, is_timestamp, month_number, number

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


def at_least_0(decimals: int, or_empty: bool = True) -> Callable[[str], bool]:
    """A test of a text: a number that is not negative, with at most so many decimals."""
    return lambda text: (is_number(text, decimals) and not text.startswith("-")) if text else or_empty


# what a row must have to be valid, where the landings of the tests have others: column -> test
FORMS = {
    "quantity": at_least_0(9, or_empty=False),
    "charge": lambda text: is_number(text, decimals=None),
    "measured_at": is_timestamp,
    "occurred_at": is_timestamp,
    "billable": lambda text: text.lower() in ("", "true", "false", "t", "f", "1", "0"),
    "resource_kind": bool,
    "plan_version_id": is_id,
    "campaign_id": is_id,
    "included_qty": at_least_0(9),
    "overage_unit": lambda text: text in FACTORS,
    "unit_price_cents": at_least_0(6, or_empty=False),
    "flat_fee_cents": at_least_0(0),
    "bundle_share": lambda text: not text or is_number(text, decimals=9),
}


def counts(row: Row) -> bool:
    """R6: only valid rows count, and only they have duplicates. The others are quarantined."""
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
        found.missed_campaigns = lambda bundle_id: (then if bundle_id in then.bundles else self).missed_campaigns(
            bundle_id
        )
        return found

    def table(self, table: str) -> Iterator[tuple[str, Row]]:
        """(delivery, row) of a table, without what is quarantined."""
        return ((delivery, row) for delivery, row, is_missed in self._judged(table) if is_missed is None)

    def missed(self, table: str) -> list[tuple[str, Row]]:
        """R9: (delivery, row) of what its set lacks because it is quarantined. A row that only says again what another
        one says is not missed."""
        return [(delivery, row) for delivery, row, is_missed in self._judged(table) if is_missed]

    def _judged(self, table: str) -> Iterator[tuple[str, Row, bool | None]]:
        """(delivery, row, whether it is missed): None if it counts. Of a key repeated in a delivery the first stays."""
        for file in self.files:
            if file.feed in ("control_plane", "campaigns") and PurePath(file.name).stem == table:
                first: dict[tuple, Row] = {}
                for row in file.rows:
                    key = tuple(row[column] for column in KEYS.get(table, ()))
                    if not counts(row):
                        yield file.period, row, True
                    elif key and key in first:
                        yield file.period, row, row != first[key]
                    else:
                        yield file.period, row, None
                        first[key] = row

    def newest(self, table: str) -> list[Row]:
        """Merged by key over deliveries: the newest wins."""
        return list({tuple(row[column] for column in KEYS[table]): row for _, row in self.table(table)}.values())

    def by_id(self, table: str) -> dict[str, Row]:
        return {row[KEYS[table][0]]: row for row in self.newest(table)}

    def first_sets(self, table: str) -> dict[str, tuple[str, list[Row]]]:
        """R5: plan version -> the first delivery with any row of it, even a quarantined one, and what counts of it."""
        found: dict[str, tuple[str, list[Row]]] = {}
        for delivery, row, is_missed in self._judged(table):
            if is_id(row["plan_version_id"]):
                first, rows = found.setdefault(row["plan_version_id"], (delivery, []))
                if first == delivery and is_missed is None:
                    rows.append(row)
        return found

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
        tiers = self.first_sets("plan_item_tiers")
        found: dict[str, dict[str, Item]] = defaultdict(dict)
        for version, (delivery, rows) in self.first_sets("plan_items").items():
            tiers_since, tiers_of_all = tiers.get(version, ("", []))
            for row in rows:
                kind = row["resource_kind"]
                item = Item.of(row, [tier for tier in tiers_of_all if tier["resource_kind"] == kind])
                is_clear = not any(
                    (since, other["plan_version_id"], other["resource_kind"]) == (delivery, version, kind)
                    for since, other in self._missed_items
                )
                if (
                    item.is_usable
                    and is_clear
                    and not (item.has_tiers and self._lacks_a_tier(tiers_since, version, kind))
                ):
                    found[version][kind] = item
        return found

    def _lacks_a_tier(self, since: str, version: str, kind: str) -> bool:
        """R9: a tier of the set's delivery is quarantined that is the item's, or does not say that it is not."""
        return any(
            delivery == since
            and (row["plan_version_id"] == version or not is_id(row["plan_version_id"]))
            and row["resource_kind"] in (kind, "")
            for delivery, row in self._missed_tiers
        )

    @cached_property
    def _missed_items(self) -> list[tuple[str, Row]]:
        return self.missed("plan_items")

    @cached_property
    def _missed_tiers(self) -> list[tuple[str, Row]]:
        return self.missed("plan_item_tiers")

    def missed_campaigns(self, bundle_id: str) -> str:
        """R9: whether a quarantined campaign, not delivered anew since, is the bundle's: `surely`, `perhaps` or ``."""
        named = {
            row["bundle_id"] if is_id(row.get("bundle_id")) else ""
            for delivery, row in self._missed_of_bundles
            if not any(
                later > delivery and (other["campaign_id"] == row["campaign_id"] or not is_id(row["campaign_id"]))
                for later, other in self._delivered_campaigns
            )
        }
        return "surely" if bundle_id in named else "perhaps" if "" in named else ""

    @cached_property
    def _missed_of_bundles(self) -> list[tuple[str, Row]]:
        return [(delivery, row) for delivery, row in self.missed("campaigns") if row["pricing_model"] == "bundle"]

    @cached_property
    def _delivered_campaigns(self) -> list[tuple[str, Row]]:
        return list(self.table("campaigns"))

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
