"""A quote against the invoice that is closed from the same facts: the same lines and amounts (R16).

`COUNTERFOIL_WORLDS` and `COUNTERFOIL_TENANTS` make it longer.
"""

import os
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from support.stories.quotes import Quoted, quoted_landing
from support.worlds import World

from python_assets.quote import make_quote

TENANTS = int(os.environ.get("COUNTERFOIL_TENANTS", "120"))
WORLDS = int(os.environ.get("COUNTERFOIL_WORLDS", "1"))
MONTH = "2026-05"
PARTS = ("recurring", "first_invoice", "overage", "minimum")

Lines = Counter[tuple[str, str | None, int]]  # kind, resource kind, amount


def of_kinds(lines: Lines, *kinds: str) -> Lines:
    return Counter({line: count for line, count in lines.items() if line[0] in kinds})


def invoiced(marts: duckdb.DuckDBPyConnection) -> dict[str, Lines]:
    found: dict[str, Lines] = defaultdict(Counter)
    for tenant, *line in marts.execute(
        "select tenant_id, kind, resource_kind, amount_cents from billing.invoice_lines "
        "where kind in ('plan_base', 'addon', 'overage', 'minimum')"
    ).fetchall():
        found[tenant][tuple(line)] += 1
    return found


def quoted_parts(marts: duckdb.DuckDBPyConnection, quoted: Quoted) -> dict[str, Lines]:
    """Lines of a quote by part."""
    found: dict[str, Lines] = defaultdict(Counter)
    for part, *line in marts.execute(
        "select part, kind, resource_kind, amount_cents from billing.quote_lines("
        f"?, ?, addons := cast(? as varchar[]), usage := {as_map(quoted.usage)}, top_ups := {as_map(quoted.top_ups)})",
        [quoted.plan, quoted.starts_on, quoted.addons],
    ).fetchall():
        found[part][tuple(line)] += 1
    return found


def as_map(quantities: dict[str, Decimal]) -> str:
    pairs = ", ".join(f"'{kind}': {quantity:f}::decimal(27,9)" for kind, quantity in quantities.items())
    return f"map {{{pairs}}}" if pairs else "null"


def both(quoted: Quoted, parts: dict[str, Lines], invoice: Lines) -> list[tuple[Lines, Lines]]:
    """(quote, invoice) of what is defined for both: a first invoice's minimum, for one, knows of no usage."""
    pairs = [
        (parts["overage"], of_kinds(invoice, "overage")),
        (of_kinds(parts["first_invoice"], "plan_base", "addon"), of_kinds(invoice, "plan_base", "addon")),
    ]
    if quoted.starts_on.day == 1:
        pairs.append((parts["recurring"] + parts["overage"] + parts["minimum"], invoice))
    if not quoted.usage:
        pairs.append((parts["first_invoice"], invoice))
    return pairs


def check_totals(world: World, quoted: Quoted, parts: dict[str, Lines]) -> None:
    """The totals of a quote are the sums of its lines."""
    usage, top_ups = dict(quoted.usage), dict(quoted.top_ups)
    quote = make_quote(world.home, quoted.plan, quoted.starts_on, quoted.addons, usage, top_ups)
    sums = [sum(amount * count for (*_, amount), count in parts[part].items()) for part in PARTS]
    assert [quote[f"{part}_cents"] for part in PARTS] == sums, quoted
    assert quote["all_in_monthly_cents"] == sums[0] + sums[2] + sums[3], quoted


@pytest.mark.parametrize("seed", range(WORLDS))
def test_a_quote_is_the_invoice(seed: int, tmp_path: Path):
    landing, quotes = quoted_landing(f"quotes/{seed}", MONTH, TENANTS)
    world = World(tmp_path)
    for file in landing.files():
        world.deliver(file.feed, file.period, file.name, file.rows)
    world.close(MONTH)
    with duckdb.connect(str(world.home.marts), read_only=True) as marts:
        invoices = invoiced(marts)
        parts = {quoted.tenant: quoted_parts(marts, quoted) for quoted in quotes}
    differ = [
        f"{quoted}\n    quote   {quote}\n    invoice {invoice}"
        for quoted in quotes
        for quote, invoice in both(quoted, parts[quoted.tenant], invoices[quoted.tenant])
        if quote != invoice
    ]
    assert not differ, "\n".join(differ)
    for quoted in quotes[::20]:
        check_totals(world, quoted, parts[quoted.tenant])
