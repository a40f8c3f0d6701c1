"""The floor: one hand-written DuckDB script that reads a month's CSV files and gives what each tenant owes.

    python benchmarks/contenders/floor.py HOME YYYY-MM

Whole-month plans, allowance, overage and GST; events count once by their id. Nothing is checked, kept or written but
the totals: `{tenant_id: [subtotal_cents, tax_cents, total_cents]}`. Amounts are exact decimals.
"""

import json
import sys

import duckdb

BILL = """
with events as (
    select distinct on (event_id) event_id, deployment_id, resource_kind, quantity, measured_at, billable
    from read_csv(
        '{landing}/metering/period={month}/*.csv', header = true, auto_detect = false,
        delim = ',', quote = '"', escape = '"',
        columns = {{
            'event_id': 'varchar', 'deployment_id': 'varchar', 'resource_kind': 'varchar', 'quantity': 'decimal(18,9)',
            'measured_at': 'timestamp', 'resource_name': 'varchar', 'capability': 'varchar', 'billable': 'boolean'
        }}
    )
),
usage_by_day as (
    select deployment_id, resource_kind, measured_at::date as usage_on, sum(quantity) as quantity
    from events
    where billable
    group by all
),
usage as (
    select deployment_id, resource_kind, sum(quantity) as quantity from usage_by_day group by all
),
plans as (
    select subscriptions.deployment_id, plan_version_id, base_price_cents
    from read_csv('{control}/subscriptions.csv', all_varchar = true) as subscriptions
    inner join read_csv('{control}/plan_versions.csv', all_varchar = true) using (plan_version_id)
),
lines as (
    select deployment_id, base_price_cents::decimal(18,0) as amount_cents from plans
    union all
    select
        deployment_id,
        round((usage.quantity - included_qty::decimal(18,9))::decimal(20,9) * overage_price_cents::decimal(9,6)
            * case overage_unit when '1k_tokens' then 0.001 else 1.000 end::decimal(4,3), 0)
    from usage
    inner join plans using (deployment_id)
    inner join read_csv('{control}/plan_items.csv', all_varchar = true) as items using (plan_version_id, resource_kind)
    where usage.quantity > included_qty::decimal(18,9)
),
invoices as (
    select tenant_id, sum(amount_cents)::decimal(18,0) as subtotal_cents
    from lines
    inner join read_csv('{control}/deployments.csv', all_varchar = true) using (deployment_id)
    group by tenant_id
)
select tenant_id, subtotal_cents::bigint, round(subtotal_cents * 0.1, 0)::bigint from invoices
"""


def main(home: str, month: str) -> None:
    landing = f"{home}/landing".replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = false")
        query = BILL.format(landing=landing, control=f"{landing}/control_plane/period={month}", month=month)
        rows = connection.execute(query).fetchall()
    json.dump({tenant: [subtotal, tax, subtotal + tax] for tenant, subtotal, tax in rows}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
