{{ config(materialized='kept', made_by='metering') }}
{#- Months are UTC here, as the provider bills: this is what its lines are compared with and shared out by. #}
with events as (

    {{ kept_events(ref('stg_metering__events'), ref('int_metering_duplicates'), 'metering') }}

),

compared_kinds as (

    select resource_kind from {{ ref('ref_provider_kinds') }} where is_metered_in_hours
    union
    select resource_kind from {{ ref('ref_cost_allocations') }}

),

final as (

    select
        delivery_period,
        {{ month_of('measured_at') }} as usage_period,
        deployment_id,
        resource_kind,
        resource_name,
        {{ sum_qty('quantity') }} as quantity
    from events
    where resource_kind in (select resource_kind from compared_kinds)
    group by delivery_period, {{ month_of('measured_at') }}, deployment_id, resource_kind, resource_name

)

select * from final
