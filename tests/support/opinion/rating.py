"""What a deployment's month costs: recurring lines, allowances, top-ups, overage, minimum (R5 to R10)."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .charges import ZERO, Item, Row
from .days import Segment
from .values import cents, day, in_bytes, instant, number, rounded


@dataclass(frozen=True)
class Line:
    """An invoice line; those of a deployment's month have no tenant yet."""

    kind: str
    deployment_id: str | None
    amount_cents: int
    resource_kind: str | None = None
    quantity: Fraction | None = None
    first_day: date | None = None
    billed_days: int | None = None
    source_id: str | None = None
    adjusts_period: date | None = None
    adjusts_kind: str | None = None
    campaign_id: str | None = None


@dataclass
class Allowance:
    """A row of `usage_allowances`."""

    used: Fraction = ZERO
    unbilled: Fraction = ZERO
    non_billable: Fraction = ZERO
    included: Fraction = ZERO
    addon: Fraction = ZERO
    allowance: Fraction = ZERO
    covered: Fraction = ZERO
    top_up: Fraction = ZERO
    overage: Fraction = ZERO
    capped: Fraction = ZERO
    unpriced: Fraction = ZERO


@dataclass
class Lot:
    """A row of `top_up_balances`, while it burns."""

    row: Row
    opening: Fraction
    usable: bool
    applied: Fraction = ZERO

    @property
    def left(self) -> Fraction:
        return self.opening - self.applied

    @property
    def expired(self) -> Fraction:
        """R8: what is left of a lot that has become unusable."""
        return ZERO if self.usable else self.left

    @property
    def closing(self) -> Fraction:
        return self.left if self.usable else ZERO

    @property
    def burning_order(self) -> tuple:
        """R8: earliest `expires_on` (empty last), earliest `purchased_at`, smallest id."""
        expires_on = day(self.row.get("expires_on"))
        return (expires_on or date.max, instant(self.row["purchased_at"]), in_bytes(self.row["top_up_id"]))


@dataclass
class Facts:
    """All that a deployment's month is rated from."""

    days_in_period: int
    segments: list[Segment]
    plan_versions: dict[str, Row]
    plan_items: dict[str, dict[str, Item]]
    addons: list[Row]
    usage: list[tuple[date, Row]]
    lots: list[Lot]


@dataclass
class Rated:
    """A deployment's month."""

    lines: list[Line] = field(default_factory=list)
    allowances: dict[str, Allowance] = field(default_factory=dict)

    def allowance(self, kind: str) -> Allowance:
        return self.allowances.setdefault(kind, Allowance())


def rate(facts: Facts) -> Rated:
    """R5 to R10 for one deployment and month; segments are served in the order of their first day."""
    rated = Rated()
    count_usage(facts, rated)
    for segment in facts.segments:
        lines = [plan_base(facts, segment), *addon_lines(facts, segment), *overage_lines(facts, segment, rated)]
        rated.lines += [*lines, *minimum(facts, segment, lines)]
    return rated


def count_usage(facts: Facts, rated: Rated) -> None:
    """R6: usage on billed days, on other days, and what is never rated."""
    billed = {on for segment in facts.segments for on in segment.subscription_of}
    for on, event in facts.usage:
        row = rated.allowance(event["resource_kind"])
        quantity = number(event["quantity"])
        if not is_billable(event):
            row.non_billable += quantity
        elif on in billed:
            row.used += quantity
        else:
            row.unbilled += quantity


def is_billable(event: Row) -> bool:
    return (event.get("billable") or "true").lower() in ("true", "t", "1")


def used_in(facts: Facts, segment: Segment, kind: str) -> Fraction:
    """R6: usage of a day belongs to the segment that bills it."""
    return sum(
        (
            number(event["quantity"])
            for on, event in facts.usage
            if on in segment.subscription_of and event["resource_kind"] == kind and is_billable(event)
        ),
        ZERO,
    )


def addon_days(segment: Segment, addon: Row) -> int:
    """R5: days that the addon's subscription wins with `attached_on <= day < detached_on`."""
    detached_on = day(addon.get("detached_on"))
    return sum(
        subscription == addon["subscription_id"]
        and day(addon["attached_on"]) <= on
        and (detached_on is None or on < detached_on)
        for on, subscription in segment.subscription_of.items()
    )


def plan_base(facts: Facts, segment: Segment) -> Line:
    """R5."""
    price = number(facts.plan_versions[segment.plan_version_id]["base_price_cents"])
    amount = cents(price * segment.billed_days / facts.days_in_period)
    return Line(
        "plan_base",
        segment.deployment_id,
        amount,
        first_day=segment.first_day,
        billed_days=segment.billed_days,
    )


def addon_lines(facts: Facts, segment: Segment) -> list[Line]:
    """R5: no line without days."""
    return [
        Line(
            "addon",
            segment.deployment_id,
            cents(number(addon["price_cents"]) * days / facts.days_in_period),
            addon["resource_kind"],
            first_day=segment.first_day,
            billed_days=days,
            source_id=addon["subscription_addon_id"],
        )
        for addon in facts.addons
        if (days := addon_days(segment, addon))
    ]


def allowance_of(facts: Facts, segment: Segment, kind: str) -> tuple[Fraction, Fraction, Fraction]:
    """R7: what the plan includes, what addons add (each exact), and the allowance, rounded after the sum."""
    total_billed_days = sum(each.billed_days for each in facts.segments)
    item = facts.plan_items.get(segment.plan_version_id, {}).get(kind)
    included = item.included * segment.billed_days / total_billed_days if item else ZERO
    added = sum(
        (
            number(addon["qty"]) * addon_days(segment, addon) / total_billed_days
            for addon in facts.addons
            if addon["resource_kind"] == kind
        ),
        ZERO,
    )
    return included, added, rounded(included + added, 9)


def kinds_of(facts: Facts, segment: Segment) -> list[str]:
    """Kinds that a segment has an item, an addon or usage of."""
    kinds = set(facts.plan_items.get(segment.plan_version_id, {}))
    kinds |= {addon["resource_kind"] for addon in facts.addons if addon_days(segment, addon)}
    kinds |= {
        event["resource_kind"] for on, event in facts.usage if on in segment.subscription_of and is_billable(event)
    }
    return sorted(kinds)


def overage_lines(facts: Facts, segment: Segment, rated: Rated) -> list[Line]:
    """R7 to R9 for every kind of a segment."""
    found = (overage_line(facts, segment, kind, rated.allowance(kind)) for kind in kinds_of(facts, segment))
    return [line for line in found if line]


def overage_line(facts: Facts, segment: Segment, kind: str, row: Allowance) -> Line | None:
    """R7 allows, R8 tops up, R9 charges; what has no item is unpriced (R7)."""
    used = used_in(facts, segment, kind)
    included, added, allowance = allowance_of(facts, segment, kind)
    need = max(ZERO, used - allowance)
    row.included += rounded(included, 9)
    row.addon += rounded(added, 9)
    row.allowance += allowance
    row.covered += used - need
    item = facts.plan_items.get(segment.plan_version_id, {}).get(kind)
    if item is None:
        row.unpriced += need
        return None
    applied = burn(facts.lots, kind, need)
    overage = need - applied if item.cap is None else min(need - applied, item.cap)
    row.top_up += applied
    row.overage += overage
    row.capped += need - applied - overage
    if overage == 0:
        return None
    units = item.units(overage)
    return Line(
        "overage",
        segment.deployment_id,
        cents(item.amount(units)),
        kind,
        quantity=units,
        first_day=segment.first_day,
        billed_days=segment.billed_days,
    )


def burn(lots: list[Lot], kind: str, need: Fraction) -> Fraction:
    """R8: how much of the need the lots meet."""
    applied = ZERO
    for lot in sorted(lots, key=lambda each: each.burning_order):
        if lot.usable and lot.row["resource_kind"] == kind:
            taken = min(lot.left, need - applied)
            lot.applied += taken
            applied += taken
    return applied


def minimum(facts: Facts, segment: Segment, lines: list[Line]) -> list[Line]:
    """R10."""
    least = number(facts.plan_versions[segment.plan_version_id].get("minimum_cents"))
    missing = cents(least * segment.billed_days / facts.days_in_period) - sum(line.amount_cents for line in lines)
    if missing <= 0:
        return []
    return [
        Line(
            "minimum",
            segment.deployment_id,
            missing,
            first_day=segment.first_day,
            billed_days=segment.billed_days,
        )
    ]
