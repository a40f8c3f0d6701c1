with run as (

    select * from {{ source('control', 'run') }}

),

rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

lots as (

    select * from {{ ref('int_top_up_lots') }}
    where period = {{ run_period() }}

),

reissues as (

    select * from {{ source('control', 'reissues') }}

),

settled_lots as (

    select * from {{ ref('int_settled_lots') }}

),

sealed_balances as (

    select
        period,
        deployment_id,
        resource_kind,
        applied_qty,
        row_number() over (partition by period, top_up_id order by seal_number desc) as recency
    from {{ source('carried', 'top_up_balances') }}

),

{#- Lots burn once: what a seal applied is what its month has, before anything that is still to burn. #}
sealed as (

    select
        sealed_balances.period,
        sealed_balances.deployment_id,
        sealed_balances.resource_kind,
        sealed_balances.applied_qty
    from sealed_balances
    inner join rated_periods
        on sealed_balances.period = rated_periods.period
    where sealed_balances.recency = 1
        and rated_periods.purpose <> 'invoice'
    union all
    select
        {{ run_period() }},
        deployment_id,
        resource_kind,
        applied_qty
    from settled_lots
    where is_sealed

),

final as (

    select
        lots.lot_group,
        lots.resource_kind,
        lots.top_up_id,
        lots.purchased_at,
        lots.expires_on,
        lots.usable_qty
    from lots
    cross join run
    left join settled_lots
        on lots.top_up_id = settled_lots.top_up_id
    left join reissues
        on lots.tenant_id = reissues.tenant_id
    where settled_lots.top_up_id is null
        and (not run.is_followed or reissues.tenant_id is null)
    union all
    select
        {{ month_text('period') }} || '|' || deployment_id,
        resource_kind,
        cast(null as varchar),
        cast(null as timestamp),
        date '0001-01-01',
        {{ sum_qty('applied_qty') }}
    from sealed
    group by period, deployment_id, resource_kind

)

select * from final
