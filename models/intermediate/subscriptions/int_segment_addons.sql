with billed_days as (

    select * from {{ ref('int_billed_days') }}

),

subscription_addons as (

    select * from {{ ref('stg_control_plane__subscription_addons') }} as stg_control_plane__subscription_addons
    where {{ known_at('stg_control_plane__subscription_addons', run_period()) }}

),

final as (

    select
        billed_days.segment_key,
        subscription_addons.subscription_addon_id,
        subscription_addons.addon_code,
        subscription_addons.resource_kind,
        cast(subscription_addons.addon_qty as decimal(27,9)) as qty,
        subscription_addons.price_cents,
        cast(count(*) as integer) as addon_days
    from billed_days
    inner join subscription_addons
        on billed_days.subscription_id = subscription_addons.subscription_id
        and subscription_addons.attached_on <= billed_days.day_on
        and (subscription_addons.detached_on is null or billed_days.day_on < subscription_addons.detached_on)
    group by
        billed_days.segment_key,
        subscription_addons.subscription_addon_id,
        subscription_addons.addon_code,
        subscription_addons.resource_kind,
        subscription_addons.addon_qty,
        subscription_addons.price_cents

)

select * from final
