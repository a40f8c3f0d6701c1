"""What all tenants share: plan versions with items and tiers, exchange rates (R5, R9, R11)."""

from random import Random

from support.opinion.charges import FACTORS
from support.opinion.values import month_number, month_of

from .landing import Landing
from .luck import KINDS, Luck
from .setting import Setting

MODELS = ("", "per_unit", "package", "graduated", "volume")


class Catalog:
    """Plan versions with items and tiers; some delivered late, some again with other content (R5)."""

    def __init__(self, setting: Setting, landing: Landing, size: int = 32):
        self.luck = Luck(Random(f"{setting.seed}/catalog"), setting.zone)
        self.setting, self.landing = setting, landing
        self.versions = [f"plan-{number}" for number in range(size)]
        self.kinds: dict[str, list[str]] = {}
        self.currencies = {version: "USD" if number % 8 == 7 else "AUD" for number, version in enumerate(self.versions)}
        for number, version in enumerate(self.versions):
            first = setting.months[0] if number % 6 else self.luck.choice(setting.months)
            self.version(first, version, number)
            if self.luck.once_in(5):
                self.version(self.luck.choice([month for month in setting.months if month >= first]), version, number)
        self.exchange()
        self.spoil()

    def version(self, delivery: str, version: str, number: int) -> None:
        luck = self.luck
        if not any(row["plan_version_id"] == version for row in self.rows(delivery, "plan_versions")):
            self.landing.table(
                delivery,
                "plan_versions",
                plan_version_id=version,
                plan_code=f"code-{number // 2}",
                version=number % 2 + 1,
                base_price_cents=luck.choice((0, 1, 5000, 999999937, luck.int(1, 99999), luck.int(1, 99999))),
                currency=luck.choice(("", "AUD")) if self.currencies[version] == "AUD" else "USD",
                minimum_cents=luck.choice(("", "", 0, luck.int(1, 30000), luck.int(1, 3000))),
            )
            # Tiers of one version are one set, whichever delivery it comes with.
            with_tiers = delivery if luck.int(0, 5) else luck.choice(self.setting.months)
            for kind in luck.shuffled(KINDS)[: luck.int(0 if luck.once_in(4) else 2, 5)]:
                self.kinds.setdefault(version, []).append(kind)
                self.item(delivery, with_tiers, version, kind)

    def rows(self, delivery: str, table: str) -> list[dict[str, str]]:
        return self.landing.rows["control_plane", delivery, f"{table}.csv"]

    def item(self, delivery: str, with_tiers: str, version: str, kind: str) -> None:
        """An item that is priced, but for one in a dozen of each model (R9)."""
        luck = self.luck
        unit, usual = KINDS[kind]
        unit = luck.choice(("each", "1k_tokens", "1m_tokens")) if luck.once_in(8) else unit
        model = luck.choice(MODELS)
        price = luck.choice((0, 1, luck.price(3), luck.decimal(300, 6), "0.5"))
        size = luck.choice((1, 10, f"{luck.int(0, 9)}.{luck.int(1, 999999999):09}", usual / FACTORS[unit] or 1))
        ends = self.ends(usual / FACTORS[unit])
        at_an_end = [int(end * FACTORS[unit]) for end in ends if end == int(end)]
        self.landing.table(
            delivery,
            "plan_items",
            plan_version_id=version,
            resource_kind=kind,
            included_qty=luck.choice(("", 0, usual, luck.decimal(usual, 9), luck.decimal(usual * 3, 9))),
            overage_price_cents="" if luck.once_in(12) or model in ("graduated", "volume") else price,
            overage_unit=unit,
            hard_cap_qty=luck.choice(("", "", "", 0, luck.decimal(usual, 9), *at_an_end)),
            charge_model=model,
            package_size=(luck.choice(("", 0)) if luck.once_in(12) else size) if model == "package" else "",
        )
        if (model in ("graduated", "volume") and luck.int(0, 11)) or luck.once_in(12):
            self.tiers(with_tiers, version, kind, ends)

    def ends(self, usual: float) -> list[float]:
        """Ends of tiers about where usage lies."""
        luck = self.luck
        found = {luck.choice((1, 2, 5, usual // 2, usual, usual * 2, luck.int(1, 99) / 8)) for _ in luck.some(4)}
        return sorted(found | ({0} if luck.once_in(20) else set()))

    def tiers(self, delivery: str, version: str, kind: str, ends: list[float]) -> None:
        """The last one often says where it ends, and is open all the same."""
        luck = self.luck
        texts = [luck.choice((f"{end}", f"{end:.9f}")) for end in ends]
        if luck.int(0, 2) or not texts:
            texts.append("")
        if luck.once_in(12):
            again = luck.choice(texts)
            texts.append(again and f"{again}0" if "." in again else again)
        for up_to in texts:
            self.landing.table(
                delivery,
                "plan_item_tiers",
                plan_version_id=version,
                resource_kind=kind,
                up_to=up_to,
                unit_price_cents=luck.choice((0, "0.5", luck.price(3), luck.decimal(40, 6))),
                flat_fee_cents=luck.choice(("", 0, luck.int(1, 999), 999999937 if luck.once_in(10) else 5)),
            )

    def exchange(self) -> None:
        """Rates of some months, some delivered later, some twice (R11)."""
        luck = self.luck
        for month in [month_of(month_number(self.setting.months[0]) - 1), *self.setting.months]:
            for pair in (("USD", "AUD"), ("AUD", "USD"), ("EUR", "AUD"), ("EUR", "USD"), ("AUD", "EUR")):
                since = [later for later in self.setting.months if later >= month]
                for _ in range(luck.choice((0, 1, 1, 1, 2))):
                    delivery = luck.choice((since[0], since[0], luck.choice(self.setting.months)))
                    self.rate(delivery, month, *pair)

    def rate(self, delivery: str, month: str, from_currency: str, to_currency: str) -> None:
        luck = self.luck
        usual = f"{luck.int(0, 1)}.{luck.int(1, 999999999):09}"
        self.landing.table(
            delivery,
            "fx_rates",
            month=month,
            from_currency=from_currency,
            to_currency=to_currency,
            rate=luck.choice((usual, usual, usual, "1.5", "0.000000001", "0", "1", luck.decimal(9999, 9))),
        )

    def spoil(self) -> None:
        """Rows that cannot be used, so that their sets lack them, and rows that say something twice (R9)."""
        luck = Luck(Random(f"{self.setting.seed}/catalog/spoiled"), self.setting.zone)
        for delivery in self.setting.months:
            tiers, items = self.rows(delivery, "plan_item_tiers"), self.rows(delivery, "plan_items")
            for row in tiers:
                if luck.once_in(20):
                    faults = (
                        ("unit_price_cents", "1,00"),
                        ("unit_price_cents", ""),
                        ("flat_fee_cents", "0.5"),
                        ("resource_kind", ""),
                    )
                    row.update([luck.choice(faults)])
            for row in list(items):
                if luck.once_in(20):
                    faults = (
                        ("included_qty", "-1"),
                        ("overage_unit", "GB"),
                        ("resource_kind", ""),
                        ("plan_version_id", "a plan"),
                    )
                    row.update([luck.choice(faults)])
                elif luck.once_in(12):
                    items.append(row | luck.choice(({}, {"included_qty": "77.125"})))
            if tiers and luck.once_in(3):
                luck.choice(tiers)["plan_version_id"] = "a plan"
