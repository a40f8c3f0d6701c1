"""What a closed home has published for a month, in the words of the contenders.

python benchmarks/contenders/invoiced.py HOME YYYY-MM
"""

import json
import sys

import duckdb


def main(home: str, month: str) -> None:
    with duckdb.connect(f"{home}/published/marts.duckdb", read_only=True) as marts:
        rows = marts.execute(
            "select tenant_id, subtotal_cents, tax_cents, total_cents from billing.invoices "
            "where period = ? and is_current",
            [f"{month}-01"],
        ).fetchall()
    json.dump({tenant: amounts for tenant, *amounts in rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
