{{ config(materialized='kept', made_by='period') }}
with run as (

    select * from {{ source('control', 'run') }}

),

lots as (

    select * from {{ ref('int_top_up_lots') }}
    where period = {{ run_period() }}

),

reissues as (

    select * from {{ source('control', 'reissues') }}

),

applied as (

    select
        top_up_id,
        {{ sum_qty('applied_qty') }} as applied_qty
    from {{ ref('int_top_ups_applied') }}
    group by top_up_id

),

sealed_balances as (

    select
        *,
        row_number() over (partition by top_up_id order by seal_number desc) as recency
    from {{ source('carried', 'top_up_balances') }}
    where period = {{ run_period() }}

),

{#- R14: when a later month is sealed, a reissue leaves the lots as they were sealed. #}
untouched as (

    select sealed_balances.*
    from sealed_balances
    inner join run
        on run.is_followed
    inner join reissues
        on sealed_balances.tenant_id = reissues.tenant_id
    where sealed_balances.recency = 1

),

derived as (

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
    left join untouched
        on lots.top_up_id = untouched.top_up_id
    where untouched.top_up_id is null

),

final as (

    select * from derived
    union all
    select
        period, top_up_id, tenant_id, deployment_id, resource_kind,
        opening_qty, applied_qty, expired_qty, closing_qty
    from untouched

)

select * from final
