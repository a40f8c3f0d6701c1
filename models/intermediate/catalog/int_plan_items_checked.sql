with items as (

    select
        *,
        min(delivery_period) over (partition by plan_version_id) as first_delivery
    from {{ ref('stg_control_plane__plan_items') }}
    where delivery_period <= {{ horizon() }}

),

tiers as (

    select
        plan_version_id,
        resource_kind,
        count(*) as tier_count,
        count(distinct coalesce(cast(up_to as varchar), 'open')) as end_count,
        min(delivery_period) as known_from
    from (
        select
            *,
            min(delivery_period) over (partition by plan_version_id) as first_delivery
        from {{ ref('stg_control_plane__plan_item_tiers') }}
        where delivery_period <= {{ horizon() }}
    ) as delivered
    where delivery_period = first_delivery
    group by plan_version_id, resource_kind

),

charge_models as (

    select * from {{ ref('ref_charge_models') }}

),

units as (

    select * from {{ ref('ref_units') }}

),

final as (

    select
        items.plan_version_id,
        items.resource_kind,
        items.included_qty,
        items.overage_price_cents,
        items.overage_unit,
        cast(units.factor as bigint) as unit_factor,
        items.hard_cap_qty,
        items.charge_model,
        items.package_size,
        items.delivery_period,
        items.source_file,
        items.source_row,
        case
            when charge_models.has_tiers then greatest(items.delivery_period, coalesce(tiers.known_from, items.delivery_period))
            else items.delivery_period
        end as known_from,
        case
            when not charge_models.has_tiers and items.overage_price_cents is null then 'overage_price_cents'
            when charge_models.needs_package and coalesce(items.package_size, 0) = 0 then 'package_size'
            when charge_models.has_tiers and tiers.tier_count <> tiers.end_count then 'charge_model'
            when charge_models.has_tiers and tiers.tier_count is null then 'charge_model'
        end as fault_column,
        case
            when not charge_models.has_tiers and items.overage_price_cents is null
                then 'charge model ' || items.charge_model || ' needs a price'
            when charge_models.needs_package and coalesce(items.package_size, 0) = 0
                then 'charge model package needs a package size above 0'
            when charge_models.has_tiers and tiers.tier_count is null
                then 'charge model ' || items.charge_model || ' needs tiers in plan_item_tiers'
            when charge_models.has_tiers and tiers.tier_count <> tiers.end_count
                then 'two of its tiers in plan_item_tiers have the same up_to'
        end as fault
    from items
    inner join charge_models
        on items.charge_model = charge_models.charge_model
    inner join units
        on items.overage_unit = units.unit
    left join tiers
        on items.plan_version_id = tiers.plan_version_id
        and items.resource_kind = tiers.resource_kind
    where items.delivery_period = items.first_delivery

)

select * from final
