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
        min(file) as source_file,
        min(line) as line,
        count(*) as row_count
    from {{ source('control', 'quarantine') }}
    where table_name in ('control_plane__plan_items', 'control_plane__plan_item_tiers')
        and not is_same_again
        and period <= {{ horizon() }}
    group by {{ part_of_price_list() }}, plan_version_id, resource_kind, period

),

{#- A row whose plan version cannot be read may belong to any whose set came with it. It may also be all that was delivered
    of a plan version without items. #}
versions as (

    select part, plan_version_id, delivery_period from deliveries
    union all
    select unread.part, plan_versions.plan_version_id, unread.delivery_period
    from {{ ref('int_plan_versions') }} as plan_versions
    cross join (
        select distinct part, delivery_period from quarantined
        where plan_version_id is null
            and part = 'items'
    ) as unread
    left join deliveries
        on plan_versions.plan_version_id = deliveries.plan_version_id
        and deliveries.part = 'items'
    where deliveries.plan_version_id is null

),

missed as (

    select
        versions.*,
        true as names_plan_version,
        quarantined.resource_kind,
        quarantined.source_file,
        quarantined.line,
        quarantined.row_count
    from versions
    inner join quarantined
        on versions.part = quarantined.part
        and versions.delivery_period = quarantined.delivery_period
        and versions.plan_version_id = quarantined.plan_version_id
    union all
    select
        versions.*,
        false,
        quarantined.resource_kind,
        quarantined.source_file,
        quarantined.line,
        quarantined.row_count
    from versions
    inner join quarantined
        on versions.part = quarantined.part
        and versions.delivery_period = quarantined.delivery_period
        and quarantined.plan_version_id is null

),

final as (

    select
        part,
        plan_version_id,
        resource_kind,
        max(case when names_plan_version then 1 else 0 end) = 1 as names_plan_version,
        min(delivery_period) as known_from,
        {{ quarantined_records('source_file', 'line', 'sum(row_count)') }} as reason
    from missed
    group by part, plan_version_id, resource_kind

)

select * from final
