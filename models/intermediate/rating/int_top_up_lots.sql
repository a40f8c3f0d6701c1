with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

top_ups as (

    select * from {{ ref('stg_control_plane__top_ups') }}
    where {{ known_at('stg_control_plane__top_ups', run_period()) }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

sealed_balances as (

    select
        rated_periods.period,
        balances.top_up_id,
        balances.closing_qty,
        row_number() over (
            partition by rated_periods.period, balances.top_up_id
            order by balances.period desc, balances.seal_number desc
        ) as recency
    from rated_periods
    inner join {{ source('carried', 'top_up_balances') }} as balances
        on balances.period < rated_periods.period

),

bought as (

    select
        rated_periods.period,
        top_ups.top_up_id,
        deployments.tenant_id,
        top_ups.deployment_id,
        top_ups.resource_kind,
        top_ups.price_cents,
        top_ups.purchased_at,
        coalesce(purchase_days.local_on, cast(top_ups.purchased_at as date)) as purchased_on,
        top_ups.expires_on,
        cast(top_ups.lot_qty as decimal(27,9)) as lot_qty,
        rated_periods.next_period
    from top_ups
    left join {{ local_day_of('top_ups.purchased_at', 'purchase_days') }}
    inner join rated_periods
        on coalesce(purchase_days.local_on, cast(top_ups.purchased_at as date)) < rated_periods.next_period
    inner join deployments
        on rated_periods.period = deployments.period
        and top_ups.deployment_id = deployments.deployment_id

),

final as (

    select
        bought.period,
        bought.top_up_id,
        bought.tenant_id,
        bought.deployment_id,
        {{ month_text('bought.period') }} || '|' || bought.deployment_id as lot_group,
        bought.resource_kind,
        bought.lot_qty,
        bought.price_cents,
        bought.purchased_at,
        bought.purchased_on,
        bought.expires_on,
        cast(coalesce(sealed_balances.closing_qty, bought.lot_qty) as decimal(27,9)) as opening_qty,
        cast(case
            when bought.expires_on is null or bought.expires_on > bought.period
                then coalesce(sealed_balances.closing_qty, bought.lot_qty)
            else 0
        end as decimal(27,9)) as usable_qty,
        bought.purchased_on >= bought.period as is_bought_in_period
    from bought
    left join sealed_balances
        on bought.period = sealed_balances.period
        and bought.top_up_id = sealed_balances.top_up_id
        and sealed_balances.recency = 1

)

select * from final
