{{ config(materialized='by_month') }}
with amounts as (

    {{ margin_amounts(horizon()) }}

),

run as (

    select * from {{ source('control', 'run') }}

),

margins as (

    {{ deployment_margins('amounts') }}

),

final as (

    select
        margins.period,
        margins.tenant_id,
        margins.deployment_id,
        margins.resource_kind,
        margins.revenue_cents,
        margins.cost_cents,
        margins.margin_cents,
        run.reporting_currency as currency
    from margins
    cross join run

)

select * from final
