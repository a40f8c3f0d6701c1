"""Invoices, seals, reissues and what is carried over (R8, R12 to R14), month after month."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .adjustments import adjustment_lines
from .days import currency, local_day
from .derivation import Derivation, tax_rate
from .landing import File, Known, Row
from .pages import Balance, Invoice, Month
from .rating import Line
from .values import cents, in_bytes, month_number, month_of, number, truth

KINDS = ("plan_base", "addon", "overage", "minimum", "top_up", "llm_usage", "campaign", "adjustment", "tax")


class Books:
    """Closes months in order.

    `sealed` has the current invoices of the ledger and what was sealed with them, `listed` each lot as the newest seal
    of a month lists it, `void` the invoices that were replaced, `drawn_up` what the warehouse made last.
    """

    def __init__(self, zone: str, window: int = 3, has_abn: bool = False, campaigns: bool = False):
        self.zone, self.window, self.has_abn, self.campaigns = ZoneInfo(zone), window, has_abn, campaigns
        self.sealed: dict[str, Month] = {}
        self.listed: dict[str, dict[str, Balance]] = defaultdict(dict)
        self.void: dict[str, list[Invoice]] = defaultdict(list)
        self.drawn_up: dict[str, Month] = {}
        self.first_seal: dict[str, int] = {}
        self.newest_reissue: dict[str, int] = {}
        self.seals = 0
        self.as_of = date.min
        self.payments: list[Row] = []

    def close(self, landing: list[File], month: str, as_of: date) -> None:
        """R13, R14: draws the month up from what is known at it, and seals what is new and not held."""
        self._run(landing, month, as_of, set())

    def reissue(self, landing: list[File], month: str, as_of: date, tenants: set[str] | None = None) -> None:
        """R14: a forced run, of all tenants or of those named. Who is on hold keeps what it has."""
        forced = self.issued(month).keys() & (self.issued(month).keys() if tenants is None else tenants)
        self._run(landing, month, as_of, forced)

    def _run(self, landing: list[File], month: str, as_of: date, forced: set[str]) -> None:
        newest = Known(landing, None)
        self.as_of, self.payments = as_of, newest.newest("payments")
        self._draw_up_again(landing, [earlier for earlier in sorted(self.sealed) if earlier < month])
        held = self._held(newest, month)
        forced = forced - held
        known = Known(landing, month, self.window)
        is_followed = any(later > month for later in self.sealed)
        to_seal = (forced, self._listed_after(month)) if is_followed else ()
        self.drawn_up[month] = self.derive(known, month, *to_seal)
        if as_of >= date.fromisoformat(month_of(month_number(month) + 1) + "-01"):
            self._seal(month, held, forced)
        if is_followed:  # What is published of it does not rest on later seals.
            self.drawn_up[month] = self.derive(known, month)
        self._draw_up_again(landing, [later for later in sorted(self.drawn_up) if later > month])

    def _listed_after(self, month: str) -> dict[str, Balance]:
        """R14: the lots that later seals list, as the next month does."""
        later = [self.listed[each] for each in sorted(self.listed, reverse=True) if each > month]
        return {lot: row for listed in later for lot, row in listed.items()}

    def _draw_up_again(self, landing: list[File], months: list[str]) -> None:
        """Drafts rest on the files that there are now and on the seals before them (R8)."""
        for month in months:
            self.drawn_up[month] = self.derive(Known(landing, month, self.window), month)

    def _seal(self, month: str, held: set[str], forced: set[str]) -> None:
        before = self.sealed.get(month, Month())
        kept = before.of(before.invoices.keys() - forced)
        new = self.drawn_up[month].of(self.drawn_up[month].invoices.keys() - held - kept.invoices.keys())
        self.seals += 1
        self.first_seal.setdefault(month, self.seals)
        if forced:
            self.newest_reissue[month] = self.seals
        self.void[month] += [replace(before.invoices[tenant], status="void") for tenant in sorted(forced)]
        self.sealed[month] = new.issued().over(kept)
        self.listed[month] |= new.balances

    def reissued_since(self, period: str, month: str) -> bool:
        """R15: since the month before was first sealed."""
        first = self.first_seal.get(month_of(month_number(month) - 1))
        return first is not None and self.newest_reissue.get(period, 0) > first

    def issued(self, month: str) -> dict[str, Invoice]:
        """Current invoices of the ledger, by tenant."""
        return self.sealed.get(month, Month()).invoices

    def published(self, month: str) -> Month:
        """What is sealed comes from the ledger, the rest is as drawn up last."""
        return self.sealed.get(month, Month()).over(self.drawn_up[month])

    def versions(self, month: str) -> list[tuple[Invoice, bool]]:
        """Every version of the month's invoices, and whether it is current."""
        current = [(invoice, True) for invoice in self.published(month).invoices.values()]
        return [*((invoice, False) for invoice in self.void[month]), *current]

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

    def opening(self, lot: Row, month: str) -> Fraction:
        """R8: the closing balance in the latest earlier period with a seal that lists the lot, else its quantity."""
        for earlier in sorted(self.listed, reverse=True):
            if earlier < month and lot["top_up_id"] in self.listed[earlier]:
                return self.listed[earlier][lot["top_up_id"]].closing
        return number(lot["qty"])

    def derive(
        self,
        known: Known,
        month: str,
        settled: set[str] | frozenset[str] = frozenset(),
        later: Mapping[str, Balance] = MappingProxyType({}),
    ) -> Month:
        """R2 to R13, R15: a month as it should be, from what is known; an invoice for every tenant with a line."""
        derivation = Derivation(self, known, month, settled, later)
        adjustments = adjustment_lines(self, known, month)
        for tenant_id in derivation.lines.keys() | adjustments.keys():
            lines = [*derivation.lines.get(tenant_id, ()), *adjustments.get(tenant_id, ())]
            if lines:
                ordered = sorted([*lines, *taxes(known, tenant_id, lines, month)], key=line_order)
                version = 1 + sum(
                    invoice.tenant_id == tenant_id for invoice in [*self.void[month], *self.issued(month).values()]
                )
                derivation.made.invoices[tenant_id] = Invoice(
                    tenant_id, month, version, currency(known.tenants[tenant_id]), tuple(ordered), "draft"
                )
        return derivation.made


def taxes(known: Known, tenant_id: str, lines: list[Line], month: str) -> list[Line]:
    """R12: per rate, on the sum of the lines that bear it, rounded once; a line bears the rate of its own month."""
    by_rate: dict[Fraction, int] = defaultdict(int)
    for line in lines:
        period = f"{line.adjusts_period:%Y-%m}" if line.adjusts_period else month
        by_rate[tax_rate(known.again(period).tenants[tenant_id], period)] += line.amount_cents
    found = [cents(amount * rate) for rate, amount in sorted(by_rate.items())]
    return [Line("tax", None, amount) for amount in found if amount]


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
