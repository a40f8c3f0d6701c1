{{ config(materialized='kept', made_by='metering') }}
with events as (

    {{ kept_events(ref('stg_metering__events'), ref('int_metering_duplicates'), 'metering') }}

),

final as (

    select
        events.delivery_period,
        events.deployment_id,
        events.resource_kind,
        events.capability,
        events.is_billable,
        coalesce(local_days.local_on, cast(events.measured_at as date)) as usage_on,
        {{ sum_qty('events.quantity') }} as quantity,
        count(*) as event_count
    from events
    left join {{ local_day_of('events.measured_at', 'local_days') }}
    group by
        events.delivery_period,
        events.deployment_id,
        events.resource_kind,
        events.capability,
        events.is_billable,
        coalesce(local_days.local_on, cast(events.measured_at as date))

)

select * from final
