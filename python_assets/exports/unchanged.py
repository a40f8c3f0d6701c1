"""What a month's folder is a function of: rows of published tables, the configuration, the project, and this package
with its libraries.
"""

import hashlib
import json
from datetime import date

import duckdb

from python_assets.home import Home
from python_assets.takeover import row_hashes
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
    made_of = row_hashes(marts, [*_INPUTS.items(), (_SHARED_NAMES, "period")])
    common = [repr(home.config), project_fingerprint(), code_fingerprint()]
    return {
        month: hashlib.sha256(json.dumps([common, str(month), made_of.get(month, [])]).encode()).hexdigest()
        for month in months
    }
