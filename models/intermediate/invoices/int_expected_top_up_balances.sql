{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_run_period() }}"
) }}
with lots as (

    select * from {{ ref('int_top_up_lots') }}
    where period = {{ run_period() }}

),

applied as (

    select
        top_up_id,
        {{ sum_qty('applied_qty') }} as applied_qty
    from {{ ref('int_top_ups_applied') }}
    group by top_up_id

),

final as (

    select
        lots.period,
        lots.top_up_id,
        lots.tenant_id,
        lots.deployment_id,
        lots.resource_kind,
        lots.opening_qty,
        cast(coalesce(applied.applied_qty, 0) as decimal(27,9)) as applied_qty,
        cast(lots.opening_qty - lots.usable_qty as decimal(27,9)) as expired_qty,
        cast(lots.usable_qty - coalesce(applied.applied_qty, 0) as decimal(27,9)) as closing_qty
    from lots
    left join applied
        on lots.top_up_id = applied.top_up_id

)

select * from final
