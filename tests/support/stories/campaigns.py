"""Campaigns and bundles of one tenant, and what is used of them (R17)."""

from random import Random
from typing import Any

from .landing import Landing
from .luck import Luck
from .setting import Setting

SHARES = (
    ("0.3333", "0.3333", "0.3334"),
    ("0.5", "0.5"),
    ("0.5", "0.501"),
    ("0.5", "0.5011"),
    ("0.6", "0.5"),
    ("0.6", "0.500000001"),
    ("0.25", "0.25"),
    ("1",),
    ("0.499999999",),
    ("0.7", "1.1"),
)
EVENTS = ("seat_usage", "credit_usage", "learner_served", "session_completed")


class Campaigns:
    """Late and changed like everything else; some with links that are wrong."""

    def __init__(self, setting: Setting, landing: Landing, tenant: str, number: int):
        self.landing, self.tenant, self.number, self.months = landing, tenant, number, setting.months
        self.luck = Luck(Random(f"{setting.seed}/campaigns/{number}"), setting.zone)

    def tell(self) -> None:
        luck = self.luck
        for place in luck.some(2):
            self._bundle(f"b{place}-{self.number}")
        for place in luck.some(3):
            self._campaign(f"c{place}-{self.number}", luck.choice(("seats", "credits", "iaas", "custom")))

    def _row(self, table: str, **row: Any) -> None:
        """Delivered in the first month or later, and now and then again with another end."""
        luck = self.luck
        delivery = self.months[0] if luck.int(0, 3) else luck.choice(self.months)
        self.landing.add("campaigns", delivery, f"{table}.csv", **row)
        if luck.once_in(6) and delivery < self.months[-1]:
            again = luck.choice([later for later in self.months if later > delivery])
            self.landing.add("campaigns", again, f"{table}.csv", **row | {"ends_on": luck.days(again)})

    def _dates(self) -> dict[str, Any]:
        starts_on = self.luck.days(self.months[0], 2, len(self.months) - 1)
        return {"starts_on": starts_on, "ends_on": self.luck.choice(("", "", self.luck.days(self.months[0], 0, 3)))}

    def _bundle(self, name: str) -> None:
        luck = self.luck
        terms = {"price_cents": luck.choice((0, 1, 10000, 999999937, luck.int(1, 999999)))}
        terms["status"] = luck.choice(("", "active", "active", "ended"))
        terms["tenant_id"] = "ghost" if luck.once_in(20) else self.tenant
        self._row("bundles", bundle_id=name, **terms, **self._dates())
        for place, share in enumerate(luck.choice(SHARES)):
            self._campaign(f"s{place}-{name}", "bundle", bundle_id=name, bundle_share=share)

    def _campaign(self, name: str, model: str, **terms: str) -> None:
        luck = self.luck
        if luck.once_in(20):
            terms["bundle_id"] = luck.choice(("", "none"))
        prices = {
            "committed_seats": luck.choice(("", 0, luck.decimal(9, 9))),
            "seat_price_cents": luck.choice(("", luck.price(999))),
            "credit_allocation": luck.choice(("", luck.decimal(99, 9))),
            "credit_consumption_rate": luck.choice(("", luck.decimal(luck.choice((3, 3, 3, 999_999)), 9))),
            "credit_price_cents": luck.price(99),
            "outcome_price_cents": luck.price(999),
            "session_price_cents": luck.choice(("", luck.price(99))),
            "custom_amount_cents": luck.choice(("", 999999937, luck.int(0, 99999), luck.int(0, 99999))),
        }
        row = {"campaign_id": name, "tenant_id": self.tenant, "name": "C", "pricing_model": model}
        # Not one that names no bundle: it might belong to any.
        if model == "bundle" and terms["bundle_id"] and luck.once_in(15):
            terms["bundle_share"] = "x"
        if luck.once_in(40):
            row["campaign_id"] = f"a {name}"
        self._row("campaigns", **row, **self._dates(), **prices, **terms)
        for place in luck.some(6):
            self._use(name, place)

    def _use(self, name: str, place: int) -> None:
        """An event, at times again: by its key, or by one that is derived from its content."""
        luck = self.luck
        row = {
            "campaign_id": name,
            "event_type": luck.choice(EVENTS),
            "quantity": luck.decimal(20, 9),
            "occurred_at": luck.moment(luck.days(luck.choice(self.months))),
            "deduplication_key": luck.choice(("", f"k{place}")),
            "metadata": luck.choice(("", "{}", '{"a": "b,c"}')),
        }
        self.landing.add("campaigns", luck.choice(self.months), "campaign_usage.csv", **row)
        while luck.once_in(4):
            same = {"quantity": f"+{row['quantity'].lstrip('+')}"}
            again = row | luck.choice(({}, same, {"quantity": luck.decimal(20, 9)}))
            self.landing.add("campaigns", luck.choice(self.months), "campaign_usage.csv", **again)
