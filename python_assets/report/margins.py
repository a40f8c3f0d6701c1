"""What the provider cost against what deployments earned: by month, by tenant, by resource kind."""

from datetime import date
from typing import Any

import duckdb

from python_assets.report.tables import rows_of

TREND_MONTHS = 12
# The best and the worst: as many tenants of each.
TENANTS_OF_A_SIDE = 5
KINDS = 7


def margin_facts(marts: duckdb.DuckDBPyConnection, period: date) -> dict[str, Any]:
    """months: up to 12, with revenue, cost and margin of deployments and the number of findings per severity.
    margins: currency (the reporting one, None without any margin in these months), tenant_count, tenants (all, or the
    best and the worst) and kinds (the greatest, the others as one row `other`; None: plans, minimums and LLM).
    """
    tenants = rows_of(marts, _TENANTS, period)
    [currency] = rows_of(
        marts, f"select any_value(currency) as currency from billing.deployment_margins {_TREND}", period
    )
    return {
        "months": rows_of(marts, _MONTHS, period),
        "margins": {
            **currency,
            "tenant_count": tenants[0].pop("row_count") if tenants else 0,
            "tenants": [{name: value for name, value in row.items() if name != "row_count"} for row in tenants],
            "kinds": rows_of(marts, _KINDS, period),
        },
    }


_TREND = f"where period between ($period::date - interval {TREND_MONTHS - 1} month)::date and $period"

_SUMS = """
        sum(revenue_cents) as revenue_cents,
        sum(cost_cents) as cost_cents,
        sum(margin_cents) as margin_cents
"""

_MONTHS = f"""
with months as (
    select distinct period
    from reconciliation.period_health
    {_TREND}
),
margins as (
    select period, {_SUMS}
    from billing.deployment_margins
    {_TREND}
    group by period
),
findings as (
    select
        period,
        count(*) filter (where severity = 'critical') as critical_count,
        count(*) filter (where severity = 'warning') as warning_count,
        count(*) filter (where severity = 'info') as info_count
    from reconciliation.anomalies
    {_TREND}
    group by period
)
select
    strftime(months.period, '%Y-%m') as period,
    coalesce(margins.revenue_cents, 0) as revenue_cents,
    coalesce(margins.cost_cents, 0) as cost_cents,
    coalesce(margins.margin_cents, 0) as margin_cents,
    coalesce(findings.critical_count, 0) as critical_count,
    coalesce(findings.warning_count, 0) as warning_count,
    coalesce(findings.info_count, 0) as info_count
from months
left join margins on months.period = margins.period
left join findings on months.period = findings.period
order by months.period
"""

_TENANTS = f"""
with tenants as (
    select tenant_id, {_SUMS}
    from billing.deployment_margins
    where period = $period
    group by tenant_id
),
placed as (
    select
        *,
        count(*) over () as row_count,
        row_number() over (order by margin_cents desc, tenant_id) as place
    from tenants
)
select tenant_id, revenue_cents, cost_cents, margin_cents, row_count
from placed
where place <= {TENANTS_OF_A_SIDE} or place > row_count - {TENANTS_OF_A_SIDE}
order by place
"""

_KINDS = f"""
with kinds as (
    select resource_kind, {_SUMS}
    from billing.deployment_margins
    where period = $period
    group by resource_kind
),
placed as (
    select
        *,
        row_number() over (order by greatest(abs(revenue_cents), abs(cost_cents)) desc, resource_kind) as place
    from kinds
)
select
    case when place <= {KINDS} then resource_kind else 'other' end as resource_kind,
    {_SUMS}
from placed
group by least(place, {KINDS + 1}), case when place <= {KINDS} then resource_kind else 'other' end
order by min(place)
"""
