with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

top_ups as (

    select * from {{ ref('stg_control_plane__top_ups') }} as stg_control_plane__top_ups
    where {{ known_at('stg_control_plane__top_ups', run_period()) }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

sealed_balances as (

    select
        top_up_id,
        closing_qty,
        row_number() over (partition by top_up_id order by period desc, seal_number desc) as recency
    from {{ source('carried', 'top_up_balances') }}
    where period < {{ run_period() }}

),

purchased as (

    select
        top_ups.*,
        coalesce(purchase_days.local_on, cast(top_ups.purchased_at as date)) as purchased_on
    from top_ups
    left join {{ local_day_of('top_ups.purchased_at', 'purchase_days') }}

),

{#- Of an earlier month only the lots bought in it are of interest: their lines. #}
bought as (

    select
        rated_periods.period,
        rated_periods.purpose,
        purchased.top_up_id,
        deployments.tenant_id,
        purchased.deployment_id,
        purchased.resource_kind,
        purchased.price_cents,
        purchased.purchased_at,
        purchased.purchased_on,
        purchased.expires_on,
        cast(purchased.lot_qty as decimal(27,9)) as lot_qty
    from purchased
    inner join rated_periods
        on purchased.purchased_on < rated_periods.next_period
        and (rated_periods.purpose = 'invoice' or rated_periods.period <= purchased.purchased_on)
    inner join deployments
        on rated_periods.period = deployments.period
        and purchased.deployment_id = deployments.deployment_id

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
        on bought.purpose = 'invoice'
        and bought.top_up_id = sealed_balances.top_up_id
        and sealed_balances.recency = 1

)

select * from final
