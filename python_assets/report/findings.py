"""What needs an eye: findings by rule, accounts at risk, allowances that shrank or did not suffice."""

from datetime import date
from typing import Any

import duckdb

from python_assets.report.tables import MOST_ROWS, SEVERITIES, cut, rows_of

# Of each rule as many findings as tell what it is about; the exports have them all.
FINDINGS_OF_A_RULE = 6

_SEVERITY_ORDER = f"list_position({list(SEVERITIES)}, severity)"


def finding_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """findings_by_severity (finding_count, at_stake), rules (the gravest and most costly first: finding_count,
    at_stake, shown, what_to_do) and findings, the most costly of each rule. at_stake: absolute differences per
    currency.
    """
    by_severity = {row["severity"]: row for row in rows_of(marts, _at_stake("severity"), period)}
    rules = rows_of(marts, _at_stake("severity, rule"), period)
    findings = rows_of(marts, _FINDINGS, period)
    for rule in rules:
        shown = [finding for finding in findings if finding["rule"] == rule["rule"]]
        rule["shown"] = len(shown)
        rule["what_to_do"] = shown[0]["what_to_do"]
    nothing = {"finding_count": 0, "at_stake": []}
    return {
        "findings_by_severity": {
            severity: {name: by_severity.get(severity, nothing)[name] for name in nothing} for severity in SEVERITIES
        },
        "rules": rules,
        "findings": findings,
    }


def account_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """Tenants at high risk: rules found, at_stake per currency, and the total of the current invoice."""
    return cut(rows_of(marts, _ACCOUNTS, period))


def entitlement_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """verdicts (their number), and the allowances with another verdict than ok, that shrank, or that were used up."""
    verdicts = rows_of(
        marts,
        "select verdict, count(*) as verdict_count from reconciliation.entitlement_matrix where period = $period "
        "group by verdict order by verdict",
        period,
    )
    return {
        "verdicts": {row["verdict"]: row["verdict_count"] for row in verdicts},
        **cut(rows_of(marts, _ENTITLEMENTS, period)),
    }


def _at_stake(names: str) -> str:
    return f"""
    with stakes as (
        select {names}, currency, count(*) as finding_count, sum(abs(delta_cents::hugeint)) as cents
        from reconciliation.anomalies
        where period = $period
        group by {names}, currency
    )
    select
        {names},
        sum(finding_count)::bigint as finding_count,
        coalesce(
            list({{'currency': currency, 'cents': cents}} order by currency) filter (where cents > 0), []
        ) as at_stake
    from stakes
    group by {names}
    order by {_SEVERITY_ORDER}, max(cents) desc nulls last, finding_count desc, {names}
    """


_FINDINGS = f"""
select severity, rule, tenant_id, deployment_id, subject, delta_cents, currency, message, what_to_do
from (
    select
        *,
        row_number() over (
            partition by rule
            order by abs(delta_cents::hugeint) desc nulls last, tenant_id, deployment_id, subject
        ) as place
    from reconciliation.anomalies
    where period = $period
)
where place <= {FINDINGS_OF_A_RULE}
order by {_SEVERITY_ORDER}, rule, place
"""

_ACCOUNTS = f"""
with stakes as (
    select
        tenant_id,
        list({{'currency': currency, 'cents': cents}} order by currency) filter (where cents > 0) as at_stake,
        list_sort(list_distinct(flatten(list(rules)))) as rules
    from (
        select tenant_id, currency, sum(abs(delta_cents::hugeint)) as cents, list(distinct rule) as rules
        from reconciliation.anomalies
        where period = $period
        group by tenant_id, currency
    )
    group by tenant_id
),
invoices as (
    select tenant_id, list({{'currency': currency, 'cents': total_cents}} order by currency) as totals
    from billing.invoices
    where period = $period and is_current
    group by tenant_id
)
select
    risks.tenant_id,
    risks.critical_count,
    risks.warning_count,
    coalesce(stakes.rules, []) as rules,
    coalesce(stakes.at_stake, []) as at_stake,
    coalesce(invoices.totals, []) as invoiced,
    count(*) over () as row_count
from reconciliation.account_risk as risks
left join stakes on risks.tenant_id = stakes.tenant_id
left join invoices on risks.tenant_id = invoices.tenant_id
where risks.period = $period and risks.high_risk
order by risks.critical_count desc, risks.delta_cents desc, risks.tenant_id
limit {MOST_ROWS}
"""

_ENTITLEMENTS = f"""
with invoices as (
    select tenant_id, any_value(currency) as currency
    from billing.invoices
    where period = $period and is_current
    group by tenant_id
)
select
    matrix.tenant_id,
    matrix.deployment_id,
    matrix.resource_kind,
    matrix.previous_allowance_qty,
    matrix.allowance_qty,
    matrix.used_qty,
    matrix.expected_overage_cents,
    matrix.billed_overage_cents,
    invoices.currency,
    matrix.verdict,
    matrix.has_shrunk,
    count(*) over () as row_count
from reconciliation.entitlement_matrix as matrix
left join invoices on matrix.tenant_id = invoices.tenant_id
where matrix.period = $period
    and (matrix.verdict <> 'ok' or matrix.has_shrunk or matrix.used_qty > matrix.allowance_qty)
order by
    matrix.verdict = 'ok',
    abs(matrix.billed_overage_cents::hugeint - matrix.expected_overage_cents::hugeint) desc,
    matrix.billed_overage_cents desc,
    matrix.tenant_id,
    matrix.deployment_id,
    matrix.resource_kind
limit {MOST_ROWS}
"""
