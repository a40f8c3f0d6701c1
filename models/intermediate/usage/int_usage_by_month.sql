{{ config(materialized='kept', made_by='metering') }}
{#- Kept beside the days: a year of them is thirty times as much to read. -#}
select
    delivery_period,
    deployment_id,
    resource_kind,
    usage_period,
    {{ sum_qty('case when is_billable then quantity else 0 end') }} as billable_qty
from {{ ref('int_usage_by_day') }}
where delivery_period in {{ stale_deliveries('metering') }}
group by delivery_period, deployment_id, resource_kind, usage_period
