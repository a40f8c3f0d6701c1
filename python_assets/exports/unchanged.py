"""Which months need not be written again: those that are a function of what the publication before was made of.

The folder of such a month is taken over file by file as hard links (a publication's files are never written again).
What a month is made of is told by a fingerprint: the rows of the published tables that its files read, the
configuration, the project, and this package with its libraries. Rows enter as the sum of DuckDB's 64-bit hashes of
them, whatever their order, with their number: two different sets of rows are taken for one with a chance of 1 in
2^64. That is enough for not writing a file again; what proves something to someone is hashed by the ledger.
"""

import hashlib
import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import duckdb

from python_assets.exports.manifest import read_fingerprint
from python_assets.home import Home
from python_assets.links import link_folder
from python_assets.warehouse.project import code_fingerprint, project_fingerprint

# The rows that a month's files read, and the month that they are for.
_INPUTS = {
    "billing.invoices": "period",
    "billing.invoice_lines": "period",
    "billing.usage_allowances": "period",
    "reconciliation.anomalies": "period",
    "reconciliation.entitlement_matrix": "period",
    "reconciliation.shadow_invoices": "invoice_period",
    "cost.invoices": "period",
    "cost.lines": "period",
    "cost.focus": '"BillingPeriodStart"',
    "audit.seals": "period",
}
# Who has a name that another tenant has too, in any month.
_SHARED_NAMES = """(
    select period, tenant_id
    from billing.invoices
    where lower(tenant_name) in (
        select lower(tenant_name) from billing.invoices group by 1 having count(distinct tenant_id) > 1
    )
)"""


def month_fingerprints(home: Home, marts: duckdb.DuckDBPyConnection, months: list[date]) -> dict[date, str]:
    """What each of these months is made of, SHA-256 in hex."""
    made_of: dict[date, list] = defaultdict(list)
    for source, period in [*_INPUTS.items(), (_SHARED_NAMES, "period")]:
        for month, *facts in marts.execute(
            f"select cast({period} as date), count(*), sum(hash(input)::hugeint)::varchar from {source} as input "
            f"where {period} is not null group by 1"
        ).fetchall():
            made_of[month].append([source, *facts])
    common = [repr(home.config), project_fingerprint(), code_fingerprint()]
    return {
        month: hashlib.sha256(json.dumps([common, str(month), made_of[month]]).encode()).hexdigest() for month in months
    }


def take_over(previous: Path | None, fingerprint: str, folder: Path) -> bool:
    """Links all of a month's files from the publication before into `folder`, if it has that fingerprint there."""
    if previous is None or read_fingerprint(previous) != fingerprint:
        return False
    link_folder(previous, folder)
    return True
