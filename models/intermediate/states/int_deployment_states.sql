with events as (

    select * from {{ ref('stg_control_plane__deployment_events') }} as stg_control_plane__deployment_events
    where {{ known_at('stg_control_plane__deployment_events', run_period()) }}

),

ordered as (

    select
        deployment_id,
        event_id,
        from_state,
        to_state,
        occurred_at,
        known_from,
        row_number() over in_order as position,
        lag(to_state) over in_order as previous_state,
        lead(occurred_at) over in_order as next_occurred_at
    from events
    window in_order as (partition by deployment_id order by occurred_at, event_id)

),

before_the_first as (

    select
        deployment_id,
        from_state as state,
        cast(null as timestamp) as from_at,
        occurred_at as until_at,
        cast(null as varchar) as event_id,
        cast(null as varchar) as event_from_state,
        cast(null as varchar) as previous_state,
        false as is_change,
        known_from
    from ordered
    where position = 1
        and from_state is not null

),

from_each_event as (

    select
        deployment_id,
        to_state as state,
        occurred_at as from_at,
        next_occurred_at as until_at,
        event_id,
        from_state as event_from_state,
        case when position = 1 then from_state else previous_state end as previous_state,
        true as is_change,
        known_from
    from ordered

),

without_events as (

    select
        deployments.deployment_id,
        cast('active' as varchar) as state,
        cast(null as timestamp) as from_at,
        cast(null as timestamp) as until_at,
        cast(null as varchar) as event_id,
        cast(null as varchar) as event_from_state,
        cast(null as varchar) as previous_state,
        false as is_change,
        cast(null as date) as known_from
    from (select distinct deployment_id from {{ ref('int_deployments') }}) as deployments
    left join (select distinct deployment_id from events) as changed
        on deployments.deployment_id = changed.deployment_id
    where changed.deployment_id is null

),

states as (

    select * from before_the_first
    union all
    select * from from_each_event
    union all
    select * from without_events

),

final as (

    select
        states.deployment_id,
        states.state,
        states.from_at,
        states.until_at,
        coalesce(from_days.local_on, cast(states.from_at as date)) as first_day,
        coalesce(until_days.local_on, cast({{ instant_before('states.until_at') }} as date)) as last_day,
        ref_states.is_billing and coalesce(states.from_at < states.until_at, true) as is_billing,
        states.event_id,
        states.event_from_state,
        states.previous_state,
        states.is_change,
        states.known_from
    from states
    inner join {{ ref('ref_states') }} as ref_states
        on states.state = ref_states.state
    left join {{ local_day_of('states.from_at', 'from_days') }}
    left join {{ local_day_of(instant_before('states.until_at'), 'until_days') }}

)

select * from final
