"""Tax, invoices, seals and what is carried over (R8, R11 to R14), month after month."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from .days import currency, days_of_state, local_day, segments, usable
from .landing import File, Known, Row
from .rating import ZERO, Allowance, Facts, Line, Lot, Rated, rate
from .values import cents, day, days_of, in_bytes, month_number, month_of, number, rounded, truth

KINDS = ("plan_base", "addon", "overage", "minimum", "top_up", "llm_usage", "campaign", "adjustment", "tax")
TAX_RATES = {"AU": ((date(2000, 7, 1), Fraction(10, 100)),), "NONE": ((date(1970, 1, 1), ZERO),)}


@dataclass(frozen=True)
class Invoice:
    """A tenant's month. `status` does not know of payments; `Books.status` does."""

    tenant_id: str
    period: str
    currency: str
    lines: tuple[Line, ...]
    status: str

    @property
    def tax(self) -> int:
        return sum(line.amount_cents for line in self.lines if line.kind == "tax")

    @property
    def subtotal(self) -> int:
        return sum(line.amount_cents for line in self.lines) - self.tax

    @property
    def total(self) -> int:
        return self.subtotal + self.tax

    def document_type(self, has_abn: bool) -> str:
        """R13."""
        if self.total < 0:
            return "adjustment_note"
        return "tax_invoice" if self.tax and has_abn else "invoice"


@dataclass(frozen=True)
class Balance:
    """A row of `top_up_balances`."""

    tenant_id: str | None
    deployment_id: str
    resource_kind: str
    opening: Fraction
    applied: Fraction
    expired: Fraction
    closing: Fraction


@dataclass
class Month:
    """A month's books: invoices by tenant, allowances by (tenant, deployment, kind), balances by lot."""

    invoices: dict[str, Invoice] = field(default_factory=dict)
    allowances: dict[tuple[str | None, str, str], Allowance] = field(default_factory=dict)
    balances: dict[str, Balance] = field(default_factory=dict)

    def of(self, tenants: set[str]) -> "Month":
        """What a seal of these tenants lists (R8)."""
        return Month(
            {tenant: invoice for tenant, invoice in self.invoices.items() if tenant in tenants},
            {key: row for key, row in self.allowances.items() if key[0] in tenants},
            {lot: row for lot, row in self.balances.items() if row.tenant_id in tenants},
        )

    def issued(self) -> "Month":
        invoices = {tenant: replace(invoice, status="issued") for tenant, invoice in self.invoices.items()}
        return replace(self, invoices=invoices)

    def over(self, below: "Month") -> "Month":
        """These books; what they lack from the ones below, but nothing of tenants that are sealed here."""
        others = {tenant for tenant in below.invoices if tenant not in self.invoices}
        return Month(
            self.invoices | {tenant: below.invoices[tenant] for tenant in others},
            {key: row for key, row in below.allowances.items() if key[0] not in self.invoices} | self.allowances,
            {lot: row for lot, row in below.balances.items() if row.tenant_id not in self.invoices} | self.balances,
        )


class Books:
    """Closes months in order; `sealed` is the ledger, `drawn_up` what the warehouse made last."""

    def __init__(self, zone: str, window: int = 3, has_abn: bool = False):
        self.zone, self.window, self.has_abn = ZoneInfo(zone), window, has_abn
        self.sealed: dict[str, Month] = {}
        self.drawn_up: dict[str, Month] = {}
        self.as_of = date.min
        self.payments: list[Row] = []

    def close(self, landing: list[File], month: str, as_of: date) -> None:
        """R13, R14: draws the month up from what is known at it, and seals what is new and not held."""
        self.as_of, self.payments = as_of, Known(landing, None).newest("payments")
        drawn_up = self.derive(Known(landing, month, self.window), month)
        self.drawn_up[month] = drawn_up
        if as_of >= date.fromisoformat(month_of(month_number(month) + 1) + "-01"):
            before = self.sealed.get(month, Month())
            new = drawn_up.invoices.keys() - self._held(Known(landing, None), month) - before.invoices.keys()
            self.sealed[month] = drawn_up.of(new).issued().over(before)
        self._draw_up_later(landing, month)

    def _draw_up_later(self, landing: list[File], month: str) -> None:
        """Drafts of later months rest on the seals before them (R8)."""
        for later in sorted(self.drawn_up):
            if later > month:
                self.drawn_up[later] = self.derive(Known(landing, later, self.window), later)

    def published(self, month: str) -> Month:
        """What is sealed comes from the ledger, the rest is as drawn up last."""
        return self.sealed.get(month, Month()).over(self.drawn_up[month])

    def status(self, invoice: Invoice) -> str:
        """R13: `paid` when payments up to the as-of date cover a positive total."""
        prefix = f"INV-{invoice.period}-{invoice.tenant_id}-"
        paid = sum(
            number(row["amount_cents"])
            for row in self.payments
            if row["invoice_id"].startswith(prefix)
            and row["invoice_id"].removeprefix(prefix).isdecimal()
            and local_day(row["paid_at"], self.zone) <= self.as_of
        )
        return "paid" if invoice.status == "issued" and 0 < invoice.total <= paid else invoice.status

    def _held(self, newest: Known, month: str) -> set[str]:
        """R13: a deployment is suspended in the newest state of the table, or an earlier invoice is a draft."""
        suspended = {
            row["tenant_id"] for row in newest.deployments.values() if truth(row.get("billing_action_suspended"), False)
        }
        waiting = {
            tenant
            for earlier in self.drawn_up
            if earlier < month
            for tenant, invoice in self.published(earlier).invoices.items()
            if invoice.status == "draft"
        }
        return suspended | waiting

    def derive(self, known: Known, month: str) -> Month:
        """R2 to R12: a month as it should be, from what is known."""
        derivation = Derivation(self, known, month)
        for deployment_id, deployment in known.deployments.items():
            if deployment["tenant_id"] in known.tenants:  # R2: else it belongs to nobody yet
                derivation.rate_deployment(deployment_id, deployment["tenant_id"])
        derivation.charge_llm()
        return derivation.result()

    def opening(self, lot: Row, month: str) -> Fraction:
        """R8: the closing balance in the latest earlier period with a seal that lists the lot, else its quantity."""
        for earlier in sorted(self.sealed, reverse=True):
            if earlier < month and lot["top_up_id"] in self.sealed[earlier].balances:
                return self.sealed[earlier].balances[lot["top_up_id"]].closing
        return number(lot["qty"])


class Derivation:
    """One month in the making."""

    def __init__(self, books: Books, known: Known, month: str):
        self.books, self.known, self.month = books, known, month
        self.days = days_of(month)
        self.lines: dict[str, list[Line]] = defaultdict(list)
        self.made = Month()
        self.events = known.by_deployment("deployment_events")
        self.subscriptions = known.by_deployment("subscriptions")
        self.top_ups = known.by_deployment("top_ups")
        self.addons = defaultdict(list)
        for addon in known.newest("subscription_addons"):
            self.addons[addon["subscription_id"]].append(addon)
        self.usage = defaultdict(list)
        for event in known.metering:
            on = local_day(event["measured_at"], books.zone)
            if on in self.days:
                self.usage[event["deployment_id"]].append((on, event))

    def rate_deployment(self, deployment_id: str, tenant_id: str) -> None:
        """R2: a deployment belongs to the tenant known at the month."""
        lots = self.lots(deployment_id)
        rated = rate(self.facts(deployment_id, tenant_id, lots))
        self.lines[tenant_id] += [*rated.lines, *self.top_up_lines(deployment_id)]
        self.keep(tenant_id, deployment_id, rated, lots)

    def keep(self, tenant_id: str, deployment_id: str, rated: Rated, lots: list[Lot]) -> None:
        for kind, row in rated.allowances.items():
            self.made.allowances[tenant_id, deployment_id, kind] = row
        for lot in lots:
            self.made.balances[lot.row["top_up_id"]] = Balance(
                tenant_id,
                deployment_id,
                lot.row["resource_kind"],
                lot.opening,
                lot.applied,
                lot.expired,
                lot.closing,
            )

    def facts(self, deployment_id: str, tenant_id: str, lots: list[Lot]) -> Facts:
        known = self.known
        tenant = known.tenants[tenant_id]
        rows = [row for row in self.subscriptions.get(deployment_id, []) if usable(row, known, tenant)]
        state_days = days_of_state(self.events.get(deployment_id, []), self.books.zone, self.days)
        found = segments(deployment_id, rows, state_days)
        winners = {subscription for segment in found for subscription in segment.subscription_of.values()}
        addons = [addon for subscription in winners for addon in self.addons[subscription]]
        usage = self.usage[deployment_id]
        return Facts(len(self.days), found, known.plan_versions, known.plan_items, addons, usage, lots)

    def lots(self, deployment_id: str) -> list[Lot]:
        """R8: lots bought by the period's end; usable if they expire after its first day."""
        return [
            Lot(row, self.books.opening(row, self.month), not row.get("expires_on") or self.outlasts(row))
            for row in self.top_ups.get(deployment_id, [])
            if local_day(row["purchased_at"], self.books.zone) <= self.days[-1]
        ]

    def outlasts(self, lot: Row) -> bool:
        return day(lot["expires_on"]) > self.days[0]

    def top_up_lines(self, deployment_id: str) -> list[Line]:
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

    def charge_llm(self) -> None:
        """R11: charges in the tenant's currency, summed per tenant and deployment, rounded once."""
        charges = defaultdict(list)
        for row in self.known.charges:
            tenant = self.known.tenants.get(row["tenant_id"])
            in_month = local_day(row["occurred_at"], self.books.zone) in self.days
            if tenant and in_month and (row.get("currency") or currency(tenant)) == currency(tenant):
                charges[row["tenant_id"], row["deployment_id"]].append(rounded(number(row["charge"]), 18))
        for (tenant_id, deployment_id), each in charges.items():
            line = Line("llm_usage", deployment_id, cents(sum(each, ZERO) * 100), quantity=Fraction(len(each)))
            self.lines[tenant_id].append(line)

    def result(self) -> Month:
        """R13: an invoice for every tenant with a line."""
        for tenant_id, lines in self.lines.items():
            tenant = self.known.tenants[tenant_id]
            if lines:
                ordered = sorted([*lines, *self.tax(tenant, lines)], key=line_order)
                self.made.invoices[tenant_id] = Invoice(
                    tenant_id, self.month, currency(tenant), tuple(ordered), "draft"
                )
        return self.made

    def tax(self, tenant: Row, lines: list[Line]) -> list[Line]:
        """R12: the rate valid on the month's last day, on the sum of lines, rounded once."""
        rates = [rate for since, rate in TAX_RATES[tenant.get("tax_region") or "AU"] if since <= self.days[-1]]
        tax = cents(sum(line.amount_cents for line in lines) * (rates[-1] if rates else ZERO))
        return [Line("tax", None, tax)] if tax else []


def line_order(line: Line) -> tuple:
    """R13."""
    return (
        in_bytes(line.deployment_id),
        KINDS.index(line.kind),
        in_bytes(line.resource_kind),
        line.first_day or date.max,
        line.adjusts_period or date.max,
        KINDS.index(line.adjusts_kind) if line.adjusts_kind else len(KINDS),
        in_bytes(line.source_id),
    )
