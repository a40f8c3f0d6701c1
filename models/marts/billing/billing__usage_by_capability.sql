{{ config(materialized='kept', made_by='period') }}
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}
    where period = {{ run_period() }}

),

usage_by_day as (

    select * from {{ ref('int_usage_by_day') }}
    where delivery_period <= {{ run_period() }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

final as (

    select
        rated_periods.period,
        deployments.tenant_id,
        usage_by_day.deployment_id,
        usage_by_day.capability,
        usage_by_day.resource_kind,
        {{ sum_qty('case when usage_by_day.is_billable then usage_by_day.quantity else 0 end') }} as billable_qty,
        {{ sum_qty('case when usage_by_day.is_billable then 0 else usage_by_day.quantity end') }} as non_billable_qty
    from usage_by_day
    inner join rated_periods
        on rated_periods.period = usage_by_day.usage_period
    left join deployments
        on rated_periods.period = deployments.period
        and usage_by_day.deployment_id = deployments.deployment_id
    group by
        rated_periods.period,
        deployments.tenant_id,
        usage_by_day.deployment_id,
        usage_by_day.capability,
        usage_by_day.resource_kind

)

select * from final
