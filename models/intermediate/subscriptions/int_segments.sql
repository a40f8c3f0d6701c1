with billed_days as (

    select * from {{ ref('int_billed_days') }}

),

rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

plan_versions as (

    select * from {{ ref('int_plan_versions') }}

),

counted as (

    select
        segment_key,
        period,
        tenant_id,
        deployment_id,
        plan_version_id,
        cast(count(*) as integer) as billed_days,
        min(day_on) as first_day
    from billed_days
    group by segment_key, period, tenant_id, deployment_id, plan_version_id

),

final as (

    select
        counted.segment_key,
        counted.period,
        counted.tenant_id,
        counted.deployment_id,
        {{ month_text('counted.period') }} || '|' || counted.deployment_id as lot_group,
        counted.plan_version_id,
        plan_versions.plan_code,
        plan_versions.plan_version,
        plan_versions.base_price_cents,
        plan_versions.minimum_cents,
        counted.billed_days,
        cast(sum(counted.billed_days) over (partition by counted.period, counted.deployment_id) as integer) as total_billed_days,
        rated_periods.days_in_period,
        counted.first_day
    from counted
    inner join rated_periods
        on counted.period = rated_periods.period
    inner join plan_versions
        on counted.plan_version_id = plan_versions.plan_version_id

)

select * from final
