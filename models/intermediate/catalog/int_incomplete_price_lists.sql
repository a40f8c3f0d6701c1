-- Sets of items and tiers that lack a row because it was quarantined (R9). A row that only repeats another one is not missed.
with deliveries as (

    select * from {{ ref('int_price_list_deliveries') }}

),

quarantined as (

    select
        {{ part_of_price_list() }} as part,
        plan_version_id,
        resource_kind,
        period as delivery_period,
        file as source_file,
        line
    from {{ source('control', 'quarantine') }}
    where table_name in ('control_plane__plan_items', 'control_plane__plan_item_tiers')
        and not is_same_again
        and period <= {{ horizon() }}

),

{#- A row whose plan version cannot be read may belong to any whose set came with it. #}
missed as (

    select
        deliveries.part,
        deliveries.plan_version_id,
        quarantined.resource_kind,
        quarantined.plan_version_id is not null as names_plan_version,
        quarantined.delivery_period,
        quarantined.source_file,
        quarantined.line
    from deliveries
    inner join quarantined
        on deliveries.part = quarantined.part
        and deliveries.delivery_period = quarantined.delivery_period
        and (deliveries.plan_version_id = quarantined.plan_version_id or quarantined.plan_version_id is null)
    union all
    {#- It may also be all that was delivered of a plan version without items. #}
    select
        quarantined.part,
        plan_versions.plan_version_id,
        quarantined.resource_kind,
        false,
        quarantined.delivery_period,
        quarantined.source_file,
        quarantined.line
    from {{ ref('int_plan_versions') }} as plan_versions
    inner join quarantined
        on quarantined.plan_version_id is null
        and quarantined.part = 'items'
    left join deliveries
        on plan_versions.plan_version_id = deliveries.plan_version_id
        and deliveries.part = 'items'
    where deliveries.plan_version_id is null

),

final as (

    select
        part,
        plan_version_id,
        resource_kind,
        max(case when names_plan_version then 1 else 0 end) = 1 as names_plan_version,
        min(delivery_period) as known_from,
        {{ quarantined_records('source_file', 'line') }} as reason
    from missed
    group by part, plan_version_id, resource_kind

)

select * from final
