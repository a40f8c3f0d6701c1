with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

usage_by_day as (

    select * from {{ ref('int_usage_by_day') }}
    where delivery_period <= {{ run_period() }}

),

rederived_deployments as (

    select * from {{ ref('int_rederived_deployments') }}

),

billed_days as (

    select * from {{ ref('int_billed_days') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

final as (

    select
        rated_periods.period,
        deployments.tenant_id,
        usage_by_day.deployment_id,
        usage_by_day.resource_kind,
        billed_days.segment_key,
        min(case when usage_by_day.is_billable and usage_by_day.quantity > 0 then usage_by_day.usage_on end) as first_billable_on,
        {{ sum_qty('case when usage_by_day.is_billable then usage_by_day.quantity else 0 end') }} as billable_qty,
        {{ sum_qty('case when usage_by_day.is_billable then 0 else usage_by_day.quantity end') }} as non_billable_qty,
        cast(sum(usage_by_day.event_count) as bigint) as event_count
    from usage_by_day
    inner join rated_periods
        on rated_periods.period = usage_by_day.usage_period
    left join rederived_deployments
        on rated_periods.period = rederived_deployments.period
        and usage_by_day.deployment_id = rederived_deployments.deployment_id
    left join deployments
        on rated_periods.period = deployments.period
        and usage_by_day.deployment_id = deployments.deployment_id
    left join billed_days
        on rated_periods.period = billed_days.period
        and usage_by_day.deployment_id = billed_days.deployment_id
        and usage_by_day.usage_on = billed_days.day_on
    where rated_periods.purpose = 'invoice'
        or rederived_deployments.deployment_id is not null
    group by
        rated_periods.period,
        deployments.tenant_id,
        usage_by_day.deployment_id,
        usage_by_day.resource_kind,
        billed_days.segment_key

)

select * from final
