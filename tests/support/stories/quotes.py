"""Tenants of which each is quoted what it will be invoiced (R16): one plan, one month, nothing that changes."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from support.opinion.values import days_of

from .catalog import Catalog
from .landing import Landing
from .luck import KINDS, Luck
from .setting import Setting


@dataclass(frozen=True)
class Quoted:
    """What a quote is asked for, and whose invoice it must be."""

    tenant: str
    plan: str
    starts_on: date
    addons: list[str] = field(default_factory=list)
    usage: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    top_ups: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def quoted_landing(seed: str, month: str, tenants: int) -> tuple[Landing, list[Quoted]]:
    """A landing of one delivery with the quotes of its tenants."""
    landing = Landing()
    catalog = Catalog(Setting(seed, "UTC", [month]), landing)
    addons = _addons(landing, month, Luck(Random(f"{seed}/addons"), "UTC"))
    return landing, [_Customer(landing, catalog, addons, seed, month, number).quoted() for number in range(tenants)]


def _addons(landing: Landing, month: str, luck: Luck) -> dict[str, dict]:
    found = {}
    for number in range(12):
        kind = luck.choice(list(KINDS))
        terms = {"resource_kind": kind, "qty": luck.decimal(KINDS[kind][1], 9), "price_cents": luck.int(0, 9999)}
        found[f"addon-{number}"] = terms
        landing.table(month, "addons", addon_code=f"addon-{number}", name="A", **terms)
    return found


class _Customer:
    """One tenant with one deployment; on the greatest version of its plan, as the quote is."""

    def __init__(self, landing: Landing, catalog: Catalog, addons: dict[str, dict], seed: str, month: str, number: int):
        self.landing, self.month, self.number = landing, month, number
        self.luck = Luck(Random(f"{seed}/customer/{number}"), "UTC")
        self.terms, days = addons, days_of(month)
        place = self.luck.int(0, len(catalog.versions) // 2 - 1)
        self.version = catalog.versions[2 * place + 1]
        self.kinds = catalog.kinds.get(self.version) or list(KINDS)
        self.currency = catalog.currencies[self.version]
        starts_on = self.luck.choice((days[0], days[0], days[1], days[-1], self.luck.choice(days)))
        self.quote = Quoted(f"c-{number}", f"code-{place}", starts_on)
        self.billed = [on for on in days if on >= starts_on]

    def quoted(self) -> Quoted:
        tenant, deployment = self.quote.tenant, f"d-{self.number}"
        self._table("tenants", tenant_id=tenant, name="C", currency=self.currency)
        self._table("deployments", deployment_id=deployment, tenant_id=tenant)
        self._table(
            "subscriptions",
            subscription_id=f"s-{self.number}",
            deployment_id=deployment,
            plan_version_id=self.version,
            starts_on=self.quote.starts_on,
        )
        self._attach()
        if self.luck.int(0, 3):
            self._use(deployment)
            self._top_up(deployment)
        return self.quote

    def _table(self, table: str, **row) -> None:
        self.landing.table(self.month, table, **row)

    def _attach(self) -> None:
        for number in self.luck.some(3):
            code = self.luck.choice(list(self.terms))
            self.quote.addons.append(code)
            self._table(
                "subscription_addons",
                subscription_addon_id=f"a{number}-{self.number}",
                subscription_id=f"s-{self.number}",
                addon_code=code,
                attached_on=self.quote.starts_on - timedelta(days=self.luck.int(0, 40)),
                **self.terms[code],
            )

    def _use(self, deployment: str) -> None:
        """In some events, whose sum is the quote's."""
        luck = self.luck
        for number in luck.some(9):
            kind = luck.choice(self.kinds) if luck.int(0, 5) else luck.choice(list(KINDS))
            quantity = luck.decimal(KINDS[kind][1] * luck.choice((0.1, 1, 3)), 9)
            self.quote.usage[kind] += Decimal(quantity)
            self.landing.add(
                "metering",
                self.month,
                "events.csv",
                event_id=f"e{number}-{deployment}",
                deployment_id=deployment,
                resource_kind=kind,
                quantity=quantity,
                measured_at=f"{luck.choice(self.billed)}T{luck.int(0, 23):02}:59:59Z",
            )

    def _top_up(self, deployment: str) -> None:
        luck = self.luck
        for number in luck.some(3) if luck.once_in(2) else ():
            kind = luck.choice(list(self.quote.usage) or self.kinds)
            quantity = luck.decimal(KINDS[kind][1] * 0.3, 9)
            self.quote.top_ups[kind] += Decimal(quantity)
            self._table(
                "top_ups",
                top_up_id=f"l{number}-{deployment}",
                deployment_id=deployment,
                resource_kind=kind,
                qty=quantity,
                price_cents=100,
                purchased_at=f"{self.month}-01",
            )
