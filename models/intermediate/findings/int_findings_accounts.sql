-- What is wrong with deployments, their states and their subscriptions (R3, R5).
with states as (

    select * from {{ ref('int_deployment_states') }}
    where is_change
        and (known_from = {{ run_period() }} or {{ month_of('first_day') }} = {{ run_period() }})

),

transitions as (

    select * from {{ ref('ref_state_transitions') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}
    where period = {{ run_period() }}

),

tenants as (

    select * from {{ ref('int_tenants') }}
    where period = {{ run_period() }}

),

subscriptions as (

    select * from {{ ref('int_subscriptions') }}
    where period = {{ run_period() }}

),

billed_days as (

    select * from {{ ref('int_billed_days') }}
    where period = {{ run_period() }}

),

known_deployments as (

    select * from {{ ref('int_deployment_versions') }} as int_deployment_versions
    where {{ known_at('int_deployment_versions', run_period()) }}

),

illegal_transitions as (

    select
        'illegal_transition' as rule,
        deployments.tenant_id,
        states.deployment_id,
        states.event_id as subject,
        {{ no_cents() }},
        'Deployment ' || states.deployment_id || ' went from ' || coalesce(states.previous_state, 'nothing')
            || ' to ' || states.state || ' by event ' || states.event_id
            || case
                when transitions.to_state is null then ', which is no legal change of state; it was billed as it stands.'
                else ', which says that it came from ' || coalesce(states.event_from_state, 'nothing') || '.'
            end as message
    from states
    left join transitions
        on states.previous_state is not distinct from transitions.from_state
        and states.state = transitions.to_state
    left join deployments
        on states.deployment_id = deployments.deployment_id
    where transitions.to_state is null
        or states.event_from_state is distinct from states.previous_state

),

overlapping_subscriptions as (

    select
        'overlapping_subscriptions' as rule,
        tenant_id,
        deployment_id,
        min(subscription_id) as subject,
        {{ no_cents() }},
        'Deployment ' || deployment_id || ' has more than one subscription on some days, first on '
            || cast(min(day_on) as varchar) || '; the one that started last was billed.' as message
    from billed_days
    where covering_count > 1
    group by tenant_id, deployment_id

),

unusable_subscriptions as (

    select
        case when fault = 'currency_mismatch' then 'currency_mismatch' else 'dangling_reference' end as rule,
        tenant_id,
        deployment_id,
        subscription_id as subject,
        {{ no_cents() }},
        case fault
            when 'currency_mismatch'
                then 'Subscription ' || min(subscription_id) || ' is priced in ' || min(currency) || ' but its tenant pays in '
                    || min(tenant_currency) || '; it bills no day.'
            when 'unknown_plan_version'
                then 'Subscription ' || min(subscription_id) || ' names the plan version ' || min(plan_version_id)
                    || ', which no delivery has; it bills no day.'
            else 'Subscription ' || min(subscription_id) || ' names the deployment ' || min(deployment_id)
                || ', which no delivery has (or whose tenant none has); it bills no day.'
        end as message
    from subscriptions
    where fault is not null
    group by fault, tenant_id, deployment_id, subscription_id

),

homeless_deployments as (

    select
        'dangling_reference' as rule,
        known_deployments.tenant_id,
        known_deployments.deployment_id,
        known_deployments.deployment_id as subject,
        {{ no_cents() }},
        'Deployment ' || known_deployments.deployment_id || ' names the tenant ' || known_deployments.tenant_id
            || ', which no delivery has; nobody is invoiced for it.' as message
    from known_deployments
    left join tenants
        on known_deployments.tenant_id = tenants.tenant_id
    where tenants.tenant_id is null

),

homeless_top_ups as (

    select
        'dangling_reference' as rule,
        cast(null as varchar) as tenant_id,
        top_ups.deployment_id,
        top_ups.top_up_id as subject,
        {{ no_cents() }},
        'Top-up ' || top_ups.top_up_id || ' names the deployment ' || top_ups.deployment_id
            || ', which no delivery has; nobody is invoiced for it.' as message
    from {{ ref('stg_control_plane__top_ups') }} as top_ups
    left join deployments
        on top_ups.deployment_id = deployments.deployment_id
    where {{ known_at('top_ups', run_period()) }}
        and deployments.deployment_id is null

),

final as (

    select * from illegal_transitions
    union all
    select * from overlapping_subscriptions
    union all
    select * from unusable_subscriptions
    union all
    select * from homeless_deployments
    union all
    select * from homeless_top_ups

)

select * from final
