"""What earlier months should have been, and what is made up for (R15)."""

from collections import Counter
from datetime import date

from .days import currency
from .derivation import Derivation
from .landing import Known
from .pages import Sums, sums
from .rating import Line
from .values import month_number


def adjustment_lines(books, known: Known, month: str) -> dict[str, list[Line]]:
    """Tenant -> adjustment lines of its invoice for a month, from what is known at it."""
    found: dict[str, list[Line]] = {}
    for earlier in periods_to_adjust(books, month):
        again = known.again(earlier)
        expected = {
            tenant: sums(lines) for tenant, lines in Derivation(books, again, earlier, settled=None).lines.items()
        }
        billed = billed_for(books, earlier, month)
        drafts = books.published(earlier).invoices.keys() - books.issued(earlier).keys()
        for tenant in expected.keys() | billed.keys():
            # Decided where R15 is silent: nothing is billed in another currency, or to a tenant that is not known.
            if tenant in drafts or tenant not in known.tenants:
                continue
            if currency(again.tenants[tenant]) != currency(known.tenants[tenant]):
                continue
            lines = differences(expected.get(tenant, {}), billed.get(tenant, {}), earlier)
            found.setdefault(tenant, []).extend(lines)
    return found


def periods_to_adjust(books, month: str) -> list[str]:
    """Sealed periods in the window, and those reissued since the month before was first sealed."""
    before = [earlier for earlier in books.sealed if earlier < month]
    return sorted(
        earlier
        for earlier in before
        if month_number(month) - month_number(earlier) <= books.window or books.reissued_since(earlier, month)
    )


def billed_for(books, period: str, month: str) -> dict[str, Sums]:
    """Lines of the period's issued invoices, and what issued invoices of months before this one adjusted."""
    found = {tenant: Counter(sums(invoice.lines)) for tenant, invoice in books.issued(period).items()}
    for earlier in books.sealed:
        for tenant, invoice in books.issued(earlier).items() if earlier < month else ():
            for line in invoice.lines:
                if line.adjusts_period and f"{line.adjusts_period:%Y-%m}" == period:
                    key = (line.deployment_id, line.adjusts_kind, line.resource_kind, line.campaign_id)
                    found.setdefault(tenant, Counter())[key] += line.amount_cents
    return found


def differences(expected: Sums, billed: Sums, period: str) -> list[Line]:
    """One line for each that is not 0."""
    return [
        Line(
            "adjustment",
            deployment,
            difference,
            resource_kind,
            source_id=campaign,
            adjusts_period=date.fromisoformat(f"{period}-01"),
            adjusts_kind=kind,
            campaign_id=campaign,
        )
        for deployment, kind, resource_kind, campaign in expected.keys() | billed.keys()
        if (
            difference := expected.get((deployment, kind, resource_kind, campaign), 0)
            - billed.get((deployment, kind, resource_kind, campaign), 0)
        )
    ]
