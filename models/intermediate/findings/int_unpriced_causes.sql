-- Kinds that the run found without a price because the price list of their plan version is incomplete (R7, R9).
with unpriced as (

    select distinct plan_version_id, resource_kind
    from {{ ref('int_segment_overages') }}
    where unpriced_qty > 0

),

items as (

    select * from {{ ref('int_plan_items_checked') }}

),

incomplete as (

    select * from {{ ref('int_incomplete_price_lists') }}
    where part = 'items'
        and known_from <= {{ run_period() }}

),

causes as (

    select
        unpriced.plan_version_id,
        unpriced.resource_kind,
        case
            when items.known_from > {{ run_period() }} then 'charge model ' || items.charge_model || ' needs tiers in plan_item_tiers'
            when items.plan_version_id is not null then items.fault
            else coalesce(missed_items.reason, missed_anywhere.reason)
        end as cause
    from unpriced
    left join items
        on unpriced.plan_version_id = items.plan_version_id
        and unpriced.resource_kind = items.resource_kind
        and items.delivery_period <= {{ run_period() }}
    left join incomplete as missed_items
        on unpriced.plan_version_id = missed_items.plan_version_id
        and unpriced.resource_kind = missed_items.resource_kind
    left join incomplete as missed_anywhere
        on unpriced.plan_version_id = missed_anywhere.plan_version_id
        and missed_anywhere.resource_kind is null

),

final as (

    select * from causes
    where cause is not null

)

select * from final
