with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

subscriptions as (

    select * from {{ ref('int_subscription_versions') }} as int_subscription_versions
    where {{ known_at('int_subscription_versions', run_period()) }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

plan_versions as (

    select * from {{ ref('int_plan_versions') }}
    where known_from <= {{ run_period() }}

),

final as (

    select
        rated_periods.period,
        subscriptions.subscription_id,
        subscriptions.starts_on,
        subscriptions.ends_on,
        subscriptions.deployment_id,
        deployments.tenant_id,
        subscriptions.plan_version_id,
        plan_versions.currency,
        deployments.currency as tenant_currency,
        case
            when deployments.deployment_id is null then 'unknown_deployment'
            when plan_versions.plan_version_id is null then 'unknown_plan_version'
            when plan_versions.currency <> deployments.currency then 'currency_mismatch'
        end as fault
    from rated_periods
    inner join subscriptions
        on {{ covers_a_day_of('subscriptions', 'rated_periods') }}
    left join deployments
        on rated_periods.period = deployments.period
        and subscriptions.deployment_id = deployments.deployment_id
    left join plan_versions
        on subscriptions.plan_version_id = plan_versions.plan_version_id

)

select * from final
