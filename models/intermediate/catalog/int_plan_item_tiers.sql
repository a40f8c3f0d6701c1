with items as (

    select * from {{ ref('int_plan_items') }}

),

tiers as (

    select tiers.*
    from {{ ref('stg_control_plane__plan_item_tiers') }} as tiers
    inner join {{ ref('int_price_list_deliveries') }} as deliveries
        on deliveries.part = 'tiers'
        and tiers.plan_version_id = deliveries.plan_version_id
        and tiers.delivery_period = deliveries.delivery_period

),

{#- The last tier is open, whatever its upper end says. #}
final as (

    select
        tiers.plan_version_id,
        tiers.resource_kind,
        cast(row_number() over in_order as integer) as tier_number,
        cast(coalesce(lag(tiers.up_to) over in_order, 0) * items.unit_factor as decimal(38,9)) as qty_from,
        case
            when lead(tiers.unit_price_cents) over in_order is not null
                then cast(tiers.up_to * items.unit_factor as decimal(38,9))
        end as qty_until,
        tiers.unit_price_cents,
        tiers.flat_fee_cents
    from tiers
    inner join items
        on tiers.plan_version_id = items.plan_version_id
        and tiers.resource_kind = items.resource_kind
    where items.charge_model in (select charge_model from {{ ref('ref_charge_models') }} where has_tiers)
    window in_order as (
        partition by tiers.plan_version_id, tiers.resource_kind order by tiers.up_to nulls last
    )

)

select * from final
