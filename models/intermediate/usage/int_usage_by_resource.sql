{{ config(materialized='kept', made_by='metering') }}
{#- Months are UTC here, as the provider bills: this is what its lines are compared with and shared out by. #}
with compared_kinds as (

    select resource_kind from {{ ref('ref_provider_kinds') }} where is_metered_in_hours
    union
    select resource_kind from {{ ref('ref_cost_allocations') }}

),

final as (

    select
        delivery_period,
        utc_month as usage_period,
        deployment_id,
        resource_kind,
        resource_name,
        {{ sum_qty('quantity') }} as quantity
    from {{ ref('int_metering_sums') }}
    where resource_kind in (select resource_kind from compared_kinds)
    group by delivery_period, utc_month, deployment_id, resource_kind, resource_name
    having sum(event_count) > 0

)

select * from final
