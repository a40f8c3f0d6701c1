with deliveries as (

    select * from {{ ref('int_price_list_deliveries') }}

),

items as (

    select items.*
    from {{ ref('stg_control_plane__plan_items') }} as items
    inner join deliveries
        on deliveries.part = 'items'
        and items.plan_version_id = deliveries.plan_version_id
        and items.delivery_period = deliveries.delivery_period

),

tiers as (

    select
        tiers.plan_version_id,
        tiers.resource_kind,
        count(*) as tier_count,
        count(distinct coalesce(cast(tiers.up_to as varchar), 'open')) as end_count
    from {{ ref('stg_control_plane__plan_item_tiers') }} as tiers
    inner join deliveries
        on deliveries.part = 'tiers'
        and tiers.plan_version_id = deliveries.plan_version_id
        and tiers.delivery_period = deliveries.delivery_period
    group by tiers.plan_version_id, tiers.resource_kind

),

incomplete as (

    select * from {{ ref('int_incomplete_price_lists') }}

),

charge_models as (

    select * from {{ ref('ref_charge_models') }}

),

units as (

    select * from {{ ref('ref_units') }}

),

described as (

    select
        items.*,
        cast(units.factor as bigint) as unit_factor,
        charge_models.has_tiers,
        charge_models.needs_package,
        tiers.tier_count,
        tiers.end_count,
        tier_deliveries.delivery_period as tier_delivery,
        other_rows.reason as other_row,
        coalesce(missed_tiers.reason, missed_anywhere.reason) as missed_tier
    from items
    inner join charge_models
        on items.charge_model = charge_models.charge_model
    inner join units
        on items.overage_unit = units.unit
    left join tiers
        on items.plan_version_id = tiers.plan_version_id
        and items.resource_kind = tiers.resource_kind
    left join deliveries as tier_deliveries
        on tier_deliveries.part = 'tiers'
        and items.plan_version_id = tier_deliveries.plan_version_id
    left join incomplete as other_rows
        on other_rows.part = 'items'
        and items.plan_version_id = other_rows.plan_version_id
        and items.resource_kind = other_rows.resource_kind
        and other_rows.names_plan_version
    left join incomplete as missed_tiers
        on missed_tiers.part = 'tiers'
        and items.plan_version_id = missed_tiers.plan_version_id
        and items.resource_kind = missed_tiers.resource_kind
    left join incomplete as missed_anywhere
        on missed_anywhere.part = 'tiers'
        and items.plan_version_id = missed_anywhere.plan_version_id
        and missed_anywhere.resource_kind is null

),

final as (

    select
        plan_version_id,
        resource_kind,
        included_qty,
        overage_price_cents,
        overage_unit,
        unit_factor,
        hard_cap_qty,
        charge_model,
        package_size,
        delivery_period,
        source_file,
        source_row,
        case
            when has_tiers and (tier_count is not null or missed_tier is not null) then greatest(delivery_period, tier_delivery)
            else delivery_period
        end as known_from,
        case
            when other_row is not null then 'resource_kind'
            when not has_tiers and overage_price_cents is null then 'overage_price_cents'
            when needs_package and coalesce(package_size, 0) = 0 then 'package_size'
            when has_tiers and (missed_tier is not null or tier_count is null or tier_count <> end_count) then 'charge_model'
        end as fault_column,
        case
            when other_row is not null
                then 'another row gives this item different terms (' || other_row || ')'
            when not has_tiers and overage_price_cents is null
                then 'charge model ' || charge_model || ' needs a price'
            when needs_package and coalesce(package_size, 0) = 0
                then 'charge model package needs a package size above 0'
            when has_tiers and missed_tier is not null
                then 'its tiers in plan_item_tiers are incomplete (' || missed_tier || ')'
            when has_tiers and tier_count is null
                then 'charge model ' || charge_model || ' needs tiers in plan_item_tiers'
            when has_tiers and tier_count <> end_count
                then 'two of its tiers in plan_item_tiers have the same up_to'
        end as fault
    from described

)

select * from final
