"""What must hold from seal to seal: months and dates in order, one current version per tenant and month.

Sealing refuses what would break one of these; verifying reports it. Nothing crosses months but the order of seals, so
the versions of one month can be checked without the rows of others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import duckdb

from python_assets.ledger.chain import Seal, folder_name, may_follow
from python_assets.ledger.relations import create_rows
from python_assets.periods import period_text

_NAMED = 3  # invoices that a message names at most

# An entry is one row of `invoices` in one seal. Those of a tenant and month alternate: version 1 is issued, voided,
# then version 2 is issued. Where one seal voids and issues, it voids first.
_STEPS = """
SELECT *, lag(entries) OVER steps AS before,
    count(*) FILTER (status = 'issued') OVER (steps ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS issued_before
FROM entries
WINDOW steps AS (PARTITION BY tenant_id, period ORDER BY seal_number, status DESC, version)
"""
_CHECKS = {
    "the tenant's invoice of the month is issued already, and not voided before": """
        status = 'issued' AND before.status = 'issued'""",
    "versions of a tenant's month do not count from 1": """
        status = 'issued' AND version IS DISTINCT FROM 1 + issued_before""",
    "the voided invoice is not current in the ledger with these amounts": """
        status = 'void' AND NOT coalesce(
            before.status = 'issued' AND before.invoice_id = invoice_id AND before.seal_number < seal_number
            AND before.currency IS NOT DISTINCT FROM currency AND before.subtotal_cents = subtotal_cents
            AND before.tax_cents = tax_cents AND before.total_cents = total_cents, false)""",
}


def version_faults(connection: duckdb.DuckDBPyConnection, seals: Sequence[Seal]) -> dict[int, list[str]]:
    """By seal number, which invoices of these seals contradict earlier ones. Of a month, give all seals or none."""
    create_rows(connection, seals, "invoices", "entries")
    found = _faults(connection)
    connection.execute("DROP TABLE entries")
    return found


def conflicts(connection: duckdb.DuckDBPyConnection, seals: Sequence[Seal]) -> list[str]:
    """What the table `invoices`, which is about to be sealed, contradicts in `seals`: all earlier ones of its month."""
    create_rows(connection, seals, "invoices", "entries")
    number = max((seal.seal_number for seal in seals), default=0) + 1
    connection.execute(
        f"INSERT INTO entries BY NAME SELECT * EXCLUDE (file_row_number), {number} AS seal_number FROM invoices"
    )
    found = _faults(connection)
    connection.execute("DROP TABLE entries")
    return found.get(number, [])


def _faults(connection: duckdb.DuckDBPyConnection) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for message, condition in _CHECKS.items():
        rows = connection.execute(
            f"SELECT seal_number, list(invoice_id ORDER BY invoice_id)[:{_NAMED}] "
            f"FROM ({_STEPS}) WHERE {condition} GROUP BY seal_number"
        ).fetchall()
        for number, invoices in rows:
            found[number].append(f"{message}: {', '.join(map(str, invoices))}")
    return dict(found)


def order_faults(seals: Iterable[Seal]) -> dict[int, list[str]]:
    """By seal number, which seals of a chain are out of order by month or date."""
    found: dict[int, list[str]] = defaultdict(list)
    periods: set[date] = set()
    before: Seal | None = None
    for seal in seals:
        if not may_follow(seal.period, periods):
            found[seal.seal_number].append(
                f"seal.json: period {period_text(seal.period)} does not follow {period_text(max(periods))}, "
                "the newest month sealed before"
            )
        if before and seal.sealed_on < before.sealed_on:
            found[seal.seal_number].append(
                f"seal.json: sealed_on {seal.sealed_on} lies before {before.sealed_on}, "
                f"the date of {folder_name(before.seal_number)}"
            )
        periods.add(seal.period)
        before = seal
    return dict(found)
