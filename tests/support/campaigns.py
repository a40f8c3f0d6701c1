"""Campaigns of one tenant, made of a few rows."""

from typing import Any

from support.worlds import World


class Campaigns:
    """Campaigns of one tenant, and what happens in them."""

    def __init__(self) -> None:
        self.campaigns: list[dict[str, Any]] = []
        self.bundles: list[dict[str, Any]] = []
        self.usage: list[dict[str, Any]] = []

    def campaign(self, name: str, model: str, **terms: Any) -> None:
        row = {
            "campaign_id": name,
            "tenant_id": "school",
            "name": name,
            "pricing_model": model,
            "starts_on": "2026-01-01",
        }
        self.campaigns.append(row | terms)

    def bundle(self, name: str, price: int, *shares: str, **terms: Any) -> None:
        row = {"bundle_id": name, "tenant_id": "school", "price_cents": price, "starts_on": "2026-01-31"}
        self.bundles.append(row | terms)
        for number, share in enumerate(shares, 1):
            self.campaign(f"{name}-{number}", "bundle", bundle_id=name, bundle_share=share)

    def used(self, campaign: str, event: str, quantity: Any, at: str = "2026-01-10T12:00:00Z", **more: Any) -> None:
        row = {"campaign_id": campaign, "event_type": event, "quantity": quantity, "occurred_at": at}
        self.usage.append(row | {"deduplication_key": f"k{len(self.usage)}"} | more)

    def deliver(self, world: World, period: str) -> None:
        for table in ("campaigns", "bundles"):
            if rows := getattr(self, table):
                world.deliver("campaigns", period, f"{table}.csv", rows)
        if self.usage:
            world.deliver("campaigns", period, "campaign_usage.csv", self.usage)
