with events as (

    select
        events.*,
        coalesce(local_days.local_on, cast(events.occurred_at as date)) as used_on,
        events.deduplication_key is null as has_derived_key,
        coalesce(events.deduplication_key, {{ derived_campaign_key('events') }}) as event_key
    from {{ ref('stg_campaigns__usage') }} as events
    left join {{ local_day_of('events.occurred_at', 'local_days') }}
    where events.delivery_period <= {{ run_period() }}

),

final as (

    select
        campaign_id,
        event_type,
        quantity,
        used_on,
        {{ month_of('used_on') }} as usage_period,
        delivery_period,
        source_file,
        source_row,
        has_derived_key,
        row_number() over (
            partition by campaign_id, event_key order by delivery_period, source_file, source_row
        ) > 1 as is_duplicate
    from events

)

select * from final
