"""What overage costs: plan items with their tiers, and the charge models (R9)."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from .values import number

Row = dict[str, str | None]

FACTORS = {"each": 1, "hour": 1, "gb": 1, "request": 1, "1k_tokens": 1000, "1m_tokens": 1000000}
ZERO = Fraction(0)


@dataclass(frozen=True)
class Tier:
    """Units above the tier before, up to and including `up_to`; no end if that is None."""

    up_to: Fraction | None
    price: Fraction
    flat_fee: Fraction

    @classmethod
    def of(cls, row: Row) -> "Tier":
        return cls(number(row.get("up_to"), None), number(row["unit_price_cents"]), number(row.get("flat_fee_cents")))


@dataclass(frozen=True)
class Item:
    """A plan item; `tiers` in order."""

    row: Row
    tiers: tuple[Tier, ...]

    @classmethod
    def of(cls, row: Row, tiers: list[Row]) -> "Item":
        found = [Tier.of(tier) for tier in tiers]
        return cls(row, tuple(sorted(found, key=lambda tier: (tier.up_to is None, tier.up_to or ZERO))))

    @property
    def model(self) -> str:
        return self.row.get("charge_model") or "per_unit"

    @property
    def has_tiers(self) -> bool:
        return self.model in ("graduated", "volume")

    @property
    def included(self) -> Fraction:
        return number(self.row.get("included_qty"))

    @property
    def cap(self) -> Fraction | None:
        return number(self.row.get("hard_cap_qty"), None)

    @property
    def price(self) -> Fraction | None:
        return number(self.row.get("overage_price_cents"), None)

    @property
    def package_size(self) -> Fraction:
        return number(self.row.get("package_size"))

    @property
    def is_usable(self) -> bool:
        """R9: what cannot be priced is quarantined."""
        if self.has_tiers:
            return bool(self.tiers) and len({tier.up_to for tier in self.tiers}) == len(self.tiers)
        return self.price is not None and (self.model == "per_unit" or self.package_size > 0)

    def units(self, quantity: Fraction) -> Fraction:
        return quantity / FACTORS[self.row["overage_unit"]]

    def amount(self, units: Fraction) -> Fraction:
        """Exact cents."""
        return CHARGE_MODELS[self.model](units, self)

    def spans(self) -> list[tuple[Fraction, Fraction | None, Tier]]:
        """(above, up to, tier): the last one is open, whatever its `up_to` says."""
        ends = [tier.up_to for tier in self.tiers[:-1]]
        return list(zip([ZERO, *ends], [*ends, None], self.tiers, strict=True))


def per_unit(units: Fraction, item: Item) -> Fraction:
    return units * item.price


def package(units: Fraction, item: Item) -> Fraction:
    return ceil(units / item.package_size) * item.price


def graduated(units: Fraction, item: Item) -> Fraction:
    """Each tier prices what falls into it, and has its flat fee if that is anything."""
    total = ZERO
    for above, up_to, tier in item.spans():
        held = (units if up_to is None else min(units, up_to)) - above
        if held > 0:
            total += held * tier.price + tier.flat_fee
    return total


def volume(units: Fraction, item: Item) -> Fraction:
    """All at the price of the tier that the total falls into."""
    tier = next(tier for _, up_to, tier in item.spans() if up_to is None or units <= up_to)
    return units * tier.price + tier.flat_fee


CHARGE_MODELS: dict[str, Callable[[Fraction, Item], Fraction]] = {
    "per_unit": per_unit,
    "package": package,
    "graduated": graduated,
    "volume": volume,
}
