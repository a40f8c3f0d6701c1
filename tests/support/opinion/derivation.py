"""One month in the making: what each tenant is charged, from what is known (R2 to R12)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from .campaigns import campaign_lines
from .days import currency, days_of_state, local_day, segments, usable
from .landing import Known, Row
from .pages import Balance, Month, applied_by_kind
from .rating import ZERO, Facts, Line, Lot, Rated, rate
from .values import cents, day, days_of, number, rounded


class Derivation:
    """Lines, allowances and balances of a month.

    `settled` says whose lots are not touched, `later` which lots a later seal lists, as the next one does: of these
    (of all, if `settled` is None) a deployment has at hand what the month's seals applied, and the balances stay
    (R14, R15).
    """

    def __init__(
        self,
        books,
        known: Known,
        month: str,
        settled: set[str] | None = frozenset(),
        later: Mapping[str, Balance] = MappingProxyType({}),
    ):
        self.books, self.known, self.month, self.settled, self.later = books, known, month, settled, later
        self.days = days_of(month)
        self.lines: dict[str, list[Line]] = defaultdict(list)
        self.made = Month()
        self.listed = books.listed.get(month, {})
        self.stays = {lot: row for lot, row in self.listed.items() if self._stays(lot, row)}
        self.applied = applied_by_kind(self.stays)
        self._gather()
        for deployment_id, deployment in known.deployments.items():
            if deployment["tenant_id"] in known.tenants:  # R2: else it belongs to nobody yet
                self._rate_deployment(deployment_id, deployment["tenant_id"])
        self._charge_llm()
        if books.campaigns:
            for tenant_id, line in campaign_lines(known, self.days, books.zone):
                self.lines[tenant_id].append(line)

    def _stays(self, lot: str, row: Balance) -> bool:
        return self.settled is None or row.tenant_id in self.settled or lot in self.later

    def _gather(self) -> None:
        known = self.known
        self.events = known.by_deployment("deployment_events")
        self.subscriptions = known.by_deployment("subscriptions")
        self.top_ups = known.by_deployment("top_ups")
        self.addons = defaultdict(list)
        for addon in known.newest("subscription_addons"):
            self.addons[addon["subscription_id"]].append(addon)
        self.usage = defaultdict(list)
        for event in known.metering:
            on = local_day(event["measured_at"], self.books.zone)
            if on in self.days:
                self.usage[event["deployment_id"]].append((on, event))

    def _rate_deployment(self, deployment_id: str, tenant_id: str) -> None:
        """R2: a deployment belongs to the tenant known at the month."""
        lots = self._lots(deployment_id)
        is_settled = self.settled is None or tenant_id in self.settled
        burning = [] if is_settled else [lot for lot in lots if lot.row["top_up_id"] not in {*self.stays, *self.later}]
        rated = rate(self._facts(deployment_id, tenant_id, [*self._at_hand(deployment_id), *burning]))
        self.lines[tenant_id] += [*rated.lines, *self._top_up_lines(deployment_id)]
        self._keep(tenant_id, deployment_id, rated, lots)

    def _keep(self, tenant_id: str, deployment_id: str, rated: Rated, lots: list[Lot]) -> None:
        for kind, row in rated.allowances.items():
            self.made.allowances[tenant_id, deployment_id, kind] = row
        for lot in lots:
            lot_id, kind = lot.row["top_up_id"], lot.row["resource_kind"]
            balance = Balance(tenant_id, deployment_id, kind, lot.opening, lot.applied, lot.expired, lot.closing)
            if lot_id in self.stays:
                balance = replace(self.stays[lot_id], tenant_id=tenant_id)
            elif lot_id in self.later:
                opening = self.later[lot_id].opening
                balance = replace(balance, opening=opening, applied=ZERO, expired=ZERO, closing=opening)
            self.made.balances[lot_id] = balance

    def _facts(self, deployment_id: str, tenant_id: str, lots: list[Lot]) -> Facts:
        known = self.known
        tenant = known.tenants[tenant_id]
        rows = [row for row in self.subscriptions.get(deployment_id, []) if usable(row, known, tenant)]
        state_days = days_of_state(self.events.get(deployment_id, []), self.books.zone, self.days)
        found = segments(deployment_id, rows, state_days)
        winners = {subscription for segment in found for subscription in segment.subscription_of.values()}
        addons = [addon for subscription in winners for addon in self.addons[subscription]]
        usage = self.usage[deployment_id]
        return Facts(len(self.days), found, known.plan_versions, known.plan_items, addons, usage, lots)

    def _lots(self, deployment_id: str) -> list[Lot]:
        """R8: lots bought by the period's end; usable if they expire after its first day."""
        return [
            Lot(row, self.books.opening(row, self.month), not row.get("expires_on") or self._outlasts(row))
            for row in self.top_ups.get(deployment_id, [])
            if local_day(row["purchased_at"], self.books.zone) <= self.days[-1]
        ]

    def _outlasts(self, lot: Row) -> bool:
        return day(lot["expires_on"]) > self.days[0]

    def _at_hand(self, deployment_id: str) -> list[Lot]:
        """R14, R15: what the month's seals applied, as one lot per kind, which burns before all others."""
        row = {"purchased_at": "2000-01-01", "expires_on": "2000-01-01"}
        return [
            Lot(row | {"top_up_id": kind, "resource_kind": kind}, applied, usable=True)
            for (deployment, kind), applied in self.applied.items()
            if deployment == deployment_id
        ]

    def _top_up_lines(self, deployment_id: str) -> list[Line]:
        """R8: buying a lot is a line in the period of `purchased_at`."""
        return [
            Line(
                "top_up",
                deployment_id,
                cents(number(row["price_cents"])),
                row["resource_kind"],
                source_id=row["top_up_id"],
            )
            for row in self.top_ups.get(deployment_id, [])
            if local_day(row["purchased_at"], self.books.zone) in self.days
        ]

    def _charge_llm(self) -> None:
        """R11: summed per tenant, deployment and currency, converted, rounded once; without a rate left out."""
        charges: dict[tuple[str, str], dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
        for row in self.known.charges:
            tenant = self.known.tenants.get(row["tenant_id"])
            if tenant and local_day(row["occurred_at"], self.books.zone) in self.days:
                charged_in = row.get("currency") or currency(tenant)
                if self._rate_to(charged_in, tenant) is not None:
                    exact = rounded(number(row["charge"]), 18)
                    charges[row["tenant_id"], row["deployment_id"]][charged_in].append(exact)
        for (tenant_id, deployment_id), by_currency in charges.items():
            tenant = self.known.tenants[tenant_id]
            exact = sum((sum(each) * self._rate_to(name, tenant) for name, each in by_currency.items()), ZERO)
            requests = Fraction(sum(len(each) for each in by_currency.values()))
            self.lines[tenant_id].append(Line("llm_usage", deployment_id, cents(exact * 100), quantity=requests))

    def _rate_to(self, charged_in: str, tenant: Row) -> Fraction | None:
        if charged_in == currency(tenant):
            return Fraction(1)
        return self.known.rates.get((self.month, charged_in, currency(tenant)))


TAX_RATES = {"AU": ((date(2000, 7, 1), Fraction(10, 100)),), "NONE": ((date(1970, 1, 1), ZERO),)}


def tax_rate(tenant: Row, month: str) -> Fraction:
    """R12: the rate of the tenant's region that is valid on the month's last day."""
    last_day = days_of(month)[-1]
    rates = [rate for since, rate in TAX_RATES[tenant.get("tax_region") or "AU"] if since <= last_day]
    return rates[-1] if rates else ZERO
