-- The delivery that counts (R5): the first that has any row of the set. A quarantined row is one of the set, so a later
-- delivery never replaces a set that came incomplete.
with items as (

    select 'items' as part, plan_version_id, delivery_period
    from {{ ref('stg_control_plane__plan_items') }}

),

tiers as (

    select 'tiers' as part, plan_version_id, delivery_period
    from {{ ref('stg_control_plane__plan_item_tiers') }}

),

quarantined as (

    select
        {{ part_of_price_list() }} as part,
        plan_version_id,
        period as delivery_period
    from {{ source('control', 'quarantine') }}
    where table_name in ('control_plane__plan_items', 'control_plane__plan_item_tiers')
        and plan_version_id is not null

),

delivered as (

    select * from items
    union all
    select * from tiers
    union all
    select * from quarantined

),

final as (

    select
        part,
        plan_version_id,
        min(delivery_period) as delivery_period
    from delivered
    where delivery_period <= {{ horizon() }}
    group by part, plan_version_id

)

select * from final
