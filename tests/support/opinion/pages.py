"""What books are made of: invoices, balances of lots, and a month's page with both and the allowances (R8, R13)."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction

from .rating import ZERO, Allowance, Line

# What R15 compares by: (deployment, kind, resource kind, campaign).
Sums = dict[tuple[str | None, str, str | None, str | None], int]


@dataclass(frozen=True)
class Invoice:
    """A version of a tenant's month. `status` does not know of payments; `Books.status` does."""

    tenant_id: str
    period: str
    version: int
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
    """A month's page: invoices by tenant, allowances by (tenant, deployment, kind), balances by lot."""

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
        """This; what it lacks from the one below, but nothing of tenants that have an invoice here."""
        others = {tenant for tenant in below.invoices if tenant not in self.invoices}
        return Month(
            self.invoices | {tenant: below.invoices[tenant] for tenant in others},
            {key: row for key, row in below.allowances.items() if key[0] not in self.invoices} | self.allowances,
            {lot: row for lot, row in below.balances.items() if row.tenant_id not in self.invoices} | self.balances,
        )


def sums(lines: list[Line] | tuple[Line, ...]) -> Sums:
    """R15: what is compared, without tax and adjustments."""
    found: Sums = defaultdict(int)
    for line in lines:
        if line.kind not in ("tax", "adjustment"):
            found[line.deployment_id, line.kind, line.resource_kind, line.campaign_id] += line.amount_cents
    return found


def applied_by_kind(balances: dict[str, Balance]) -> dict[tuple[str, str], Fraction]:
    """R15: the top-up quantity that a period's seals applied, per (deployment, kind)."""
    found: dict[tuple[str, str], Fraction] = defaultdict(lambda: ZERO)
    for row in balances.values():
        found[row.deployment_id, row.resource_kind] += row.applied
    return found
