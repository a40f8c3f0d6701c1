{{ config(materialized='kept', made_by='metering') }}
select
    delivery_period,
    deployment_id,
    resource_kind,
    capability,
    is_billable,
    usage_on,
    {{ month_of('usage_on') }} as usage_period,
    {{ sum_qty('quantity') }} as quantity,
    cast(sum(event_count) as bigint) as event_count
from {{ ref('int_metering_sums') }}
group by delivery_period, deployment_id, resource_kind, capability, is_billable, usage_on
having sum(event_count) > 0
