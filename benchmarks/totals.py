"""What each tenant owes for a month, by every contender, and that they say the same."""

import json

Totals = dict[str, tuple[int, int, int]]  # by tenant: subtotal, tax and total in cents


class Disagreement(Exception):
    """Two contenders give different amounts; the message names them, and the tenants."""


def told(output: str) -> Totals:
    """The totals that a contender printed."""
    return {tenant: (subtotal, tax, total) for tenant, (subtotal, tax, total) in json.loads(output).items()}


def check_equal(by_contender: dict[str, Totals]) -> None:
    """Disagreement unless all contenders name the same tenants with the same amounts, to the cent."""
    (first, expected), *others = by_contender.items()
    for name, found in others:
        different = sorted(
            tenant for tenant in expected.keys() | found.keys() if expected.get(tenant) != found.get(tenant)
        )
        if different:
            shown = "; ".join(
                f"{tenant}: {first} {expected.get(tenant)}, {name} {found.get(tenant)}" for tenant in different[:3]
            )
            raise Disagreement(
                f"{first} and {name} differ for {len(different)} tenants (subtotal, tax, total): {shown}"
            )


def sums(totals: Totals) -> dict[str, int]:
    """Invoices and cents of all tenants together."""
    names = ("subtotal_cents", "tax_cents", "total_cents")
    return {"invoices": len(totals)} | {
        name: sum(amounts[place] for amounts in totals.values()) for place, name in enumerate(names)
    }
