"""What campaigns and bundles cost (R17)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date
from fractions import Fraction
from hashlib import sha256
from math import floor
from zoneinfo import ZoneInfo

from .charges import ZERO, Row
from .days import covers, local_day
from .landing import Known
from .rating import Line
from .values import cents, instant, number

EXACT = Fraction(1, 1000)
LEAST, MOST = Fraction(50, 100), Fraction(110, 100)


def campaign_lines(known: Known, days: list[date], zone: ZoneInfo) -> Iterator[tuple[str, Line]]:
    """(tenant, line) of every campaign that is billed in the period; it is the tenant's that the terms name."""
    billed = {name: row for name, row in known.campaigns.items() if is_billed(known, row, days)}
    shares = bundle_amounts(known, billed)
    usage = usage_in(known, days, zone)
    for name, row in billed.items():
        amount = shares.get(name) if row["pricing_model"] == "bundle" else cents(price(row, usage[name]))
        if amount is not None:
            yield row["tenant_id"], Line("campaign", None, amount, source_id=name, campaign_id=name)


def is_billed(known: Known, campaign: Row, days: list[date]) -> bool:
    """Valid, of a known tenant, and covering a day of the period, and so is its bundle if it has one."""
    bundle = known.bundles.get(campaign.get("bundle_id") or "")
    return (
        campaign["tenant_id"] in known.tenants
        and is_valid(campaign, bundle)
        and any(covers(campaign, on) for on in days)
        and (bundle is None or any(covers(bundle, on) for on in days))
    )


def is_valid(campaign: Row, bundle: Row | None) -> bool:
    """Else `campaign_link_invalid`. A `bundle` campaign without a bundle or a share has nothing to be billed by."""
    share = number(campaign.get("bundle_share"), None)
    if share is not None and not 0 <= share <= 1:
        return False
    if campaign["pricing_model"] != "bundle":
        return not campaign.get("bundle_id")
    is_active = bundle is not None and (bundle.get("status") or "active") == "active"
    return share is not None and is_active and bundle["tenant_id"] == campaign["tenant_id"]


def bundle_amounts(known: Known, billed: dict[str, Row]) -> dict[str, int]:
    """Campaign -> its share of its bundle's price, for bundles that are not in error. Nor is one billed that lacks a
    campaign (R9); one that perhaps does is whole if its shares are."""
    members: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for name, row in billed.items():
        if row["pricing_model"] == "bundle":
            members[row["bundle_id"]][name] = number(row["bundle_share"])
    found: dict[str, int] = {}
    for bundle_id, shares in members.items():
        missed = known.missed_campaigns(bundle_id)
        if missed != "surely" and (not missed or abs(sum(shares.values()) - 1) <= EXACT):
            found |= split(number(known.bundles[bundle_id]["price_cents"]), shares)
    return found


def split(whole: Fraction, shares: dict[str, Fraction]) -> dict[str, int]:
    """All of the price, by largest remainder, if the shares come to 1; each as it stands if about; else nothing."""
    total = sum(shares.values(), ZERO)
    if not LEAST <= total <= MOST:
        return {}
    if abs(total - 1) > EXACT:
        return {name: cents(whole * share) for name, share in shares.items()}
    quotas = {name: whole * share / total for name, share in shares.items()}
    found = {name: floor(quota) for name, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda name: (found[name] - quotas[name], name.encode()))
    for name in by_remainder[: int(whole) - sum(found.values())]:
        found[name] += 1
    return found


def price(campaign: Row, usage: dict[str, list[Fraction]]) -> Fraction:
    """Exact cents of the models but `bundle`; `usage` has the quantities by event type."""

    def of(column: str) -> Fraction:
        return number(campaign.get(column))

    match campaign["pricing_model"]:
        case "seats":
            return max([of("committed_seats"), *usage["seat_usage"]]) * of("seat_price_cents")
        case "credits":
            return sum(usage["credit_usage"], ZERO) * of("credit_consumption_rate") * of("credit_price_cents")
        case "iaas":
            served, completed = sum(usage["learner_served"], ZERO), sum(usage["session_completed"], ZERO)
            return served * of("outcome_price_cents") + completed * of("session_price_cents")
        case "custom":
            return of("custom_amount_cents")
    raise ValueError(campaign["pricing_model"])


def usage_in(known: Known, days: list[date], zone: ZoneInfo) -> dict[str, dict[str, list[Fraction]]]:
    """Campaign -> event type -> quantities in the period; an event counts once per campaign, over all deliveries."""
    found: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    seen = set()
    for _, row in known.table("campaign_usage"):
        key = (row["campaign_id"], deduplication_key(row))
        if key not in seen and local_day(row["occurred_at"], zone) in days:
            found[row["campaign_id"]][row["event_type"]].append(number(row["quantity"]))
        seen.add(key)
    return found


def deduplication_key(row: Row) -> str:
    """As delivered, else derived."""
    if row.get("deduplication_key"):
        return row["deduplication_key"]
    content = f"{plain(number(row['quantity']))}|{row.get('metadata') or ''}"
    at = instant(row["occurred_at"]).astimezone(UTC)
    return f"{row['campaign_id']}-{row['event_type']}-{at:%Y%m%d%H%M%S}-{sha256(content.encode()).hexdigest()[:8]}"


def plain(exact: Fraction) -> str:
    """Without exponent or trailing zeros."""
    billionths = int(exact * 10**9)
    whole, decimals = divmod(billionths, 10**9)
    return f"{whole}.{decimals:09}".rstrip("0").rstrip(".")
