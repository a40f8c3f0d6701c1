with rated_days as (

    select * from {{ ref('int_rated_days') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

billing_states as (

    select * from {{ ref('int_deployment_states') }}
    where is_billing

),

subscriptions as (

    select * from {{ ref('int_subscriptions') }}
    where fault is null

),

state_days as (

    select distinct
        rated_days.period,
        rated_days.day_on,
        deployments.deployment_id,
        deployments.tenant_id
    from rated_days
    inner join deployments
        on rated_days.period = deployments.period
    inner join billing_states
        on deployments.deployment_id = billing_states.deployment_id
        and (billing_states.first_day is null or billing_states.first_day <= rated_days.day_on)
        and (billing_states.last_day is null or rated_days.day_on <= billing_states.last_day)

),

covered as (

    select
        state_days.period,
        state_days.day_on,
        state_days.deployment_id,
        state_days.tenant_id,
        subscriptions.subscription_id,
        subscriptions.plan_version_id,
        row_number() over (
            partition by state_days.period, state_days.deployment_id, state_days.day_on
            order by subscriptions.starts_on desc, subscriptions.subscription_id desc
        ) as precedence,
        count(*) over (
            partition by state_days.period, state_days.deployment_id, state_days.day_on
        ) as covering_count
    from state_days
    inner join subscriptions
        on state_days.period = subscriptions.period
        and state_days.deployment_id = subscriptions.deployment_id
        and subscriptions.starts_on <= state_days.day_on
        and (subscriptions.ends_on is null or state_days.day_on < subscriptions.ends_on)

),

final as (

    select
        period,
        day_on,
        deployment_id,
        tenant_id,
        subscription_id,
        plan_version_id,
        cast(covering_count as integer) as covering_count,
        {{ month_text('period') }} || '|' || deployment_id || '|' || plan_version_id as segment_key
    from covered
    where precedence = 1

)

select * from final
