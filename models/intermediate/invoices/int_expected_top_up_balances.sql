{{ config(materialized='kept', made_by='period') }}
with lots as (

    select * from {{ ref('int_top_up_lots') }}
    where period = {{ run_period() }}

),

settled_lots as (

    select * from {{ ref('int_settled_lots') }}

),

applied as (

    select
        top_up_id,
        {{ sum_qty('applied_qty') }} as applied_qty
    from {{ ref('int_top_ups_applied') }}
    group by top_up_id

),

derived as (

    select
        lots.period,
        lots.top_up_id,
        lots.tenant_id,
        lots.deployment_id,
        lots.resource_kind,
        coalesce(settled_lots.opening_qty, lots.opening_qty) as opening_qty,
        cast(coalesce(settled_lots.applied_qty, applied.applied_qty, 0) as decimal(27,9)) as applied_qty,
        cast(coalesce(settled_lots.expired_qty, lots.opening_qty - lots.usable_qty) as decimal(27,9)) as expired_qty,
        cast(coalesce(
            settled_lots.closing_qty, lots.usable_qty - coalesce(applied.applied_qty, 0)
        ) as decimal(27,9)) as closing_qty
    from lots
    left join applied
        on lots.top_up_id = applied.top_up_id
    left join settled_lots
        on lots.top_up_id = settled_lots.top_up_id

),

{#- What was sealed stays listed where no delivery has it any more. #}
no_longer_known as (

    select
        {{ run_period() }} as period,
        settled_lots.top_up_id,
        settled_lots.tenant_id,
        settled_lots.deployment_id,
        settled_lots.resource_kind,
        settled_lots.opening_qty,
        settled_lots.applied_qty,
        settled_lots.expired_qty,
        settled_lots.closing_qty
    from settled_lots
    left join lots
        on settled_lots.top_up_id = lots.top_up_id
    where settled_lots.is_sealed
        and lots.top_up_id is null

),

final as (

    select * from derived
    union all
    select * from no_longer_known

)

select * from final
