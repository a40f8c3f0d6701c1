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

subscription_addons as (

    select * from {{ ref('stg_control_plane__subscription_addons') }} as known_addons
    where {{ known_at('known_addons', run_period()) }}

),

{#- The days of the month that a subscription in another currency covers and its deployment's state bills. #}
mismatched_days as (

    select distinct
        subscriptions.subscription_id || '|' || cast(subscriptions.starts_on as varchar) as segment_key,
        subscriptions.subscription_id,
        subscriptions.plan_version_id,
        rated_days.day_on
    from subscriptions
    inner join {{ ref('int_rated_days') }} as rated_days
        on subscriptions.period = rated_days.period
        and subscriptions.starts_on <= rated_days.day_on
        and (subscriptions.ends_on is null or rated_days.day_on < subscriptions.ends_on)
    inner join {{ ref('int_deployment_states') }} as billing_states
        on subscriptions.deployment_id = billing_states.deployment_id
        and billing_states.is_billing
        and (billing_states.first_day is null or billing_states.first_day <= rated_days.day_on)
        and (billing_states.last_day is null or rated_days.day_on <= billing_states.last_day)
    where subscriptions.fault = 'currency_mismatch'

),

mismatched_segments as (

    select
        days.segment_key,
        days.subscription_id,
        plan_versions.plan_code,
        plan_versions.plan_version,
        plan_versions.base_price_cents,
        days.billed_days,
        rated_periods.days_in_period
    from (
        select segment_key, subscription_id, plan_version_id, cast(count(*) as integer) as billed_days
        from mismatched_days
        group by segment_key, subscription_id, plan_version_id
    ) as days
    inner join {{ ref('int_plan_versions') }} as plan_versions
        on days.plan_version_id = plan_versions.plan_version_id
    inner join {{ ref('int_rated_periods') }} as rated_periods
        on rated_periods.period = {{ run_period() }}

),

mismatched_addons as (

    {{ addon_days('mismatched_days', 'subscription_addons') }}

),

mismatched_lines as (

    {{ plan_base_lines('mismatched_segments') }}
    union all
    {{ addon_lines('mismatched_segments', 'mismatched_addons') }}

),

mismatched_cents as (

    select
        segments.subscription_id,
        {{ sum_cents('lines.amount_cents') }} as cents
    from mismatched_lines as lines
    inner join mismatched_segments as segments
        on lines.segment_key = segments.segment_key
    group by segments.subscription_id

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
        case when subscriptions.fault = 'currency_mismatch' then 'currency_mismatch' else 'dangling_reference' end as rule,
        subscriptions.tenant_id,
        subscriptions.deployment_id,
        subscriptions.subscription_id as subject,
        {{ unpaid_cents('max(mismatched_cents.cents)', 'min(subscriptions.currency)') }},
        case subscriptions.fault
            when 'currency_mismatch'
                then 'Subscription ' || subscriptions.subscription_id || ' is priced in ' || min(subscriptions.currency)
                    || ' but its tenant pays in ' || min(subscriptions.tenant_currency) || '; it bills no day'
                    || coalesce(
                        ' (its plan and addons would come to ' || {{ money_text('max(mismatched_cents.cents)') }} || ' '
                            || min(subscriptions.currency) || ')', ''
                    ) || '.'
            when 'unknown_plan_version'
                then 'Subscription ' || subscriptions.subscription_id || ' names the plan version '
                    || min(subscriptions.plan_version_id) || ', which no delivery has; it bills no day.'
            else 'Subscription ' || subscriptions.subscription_id || ' names the deployment ' || subscriptions.deployment_id
                || ', which no delivery has (or whose tenant none has); it bills no day.'
        end as message
    from subscriptions
    left join mismatched_cents
        on subscriptions.subscription_id = mismatched_cents.subscription_id
        and subscriptions.fault = 'currency_mismatch'
    where subscriptions.fault is not null
    group by subscriptions.fault, subscriptions.tenant_id, subscriptions.deployment_id, subscriptions.subscription_id

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
        {{ unpaid_cents('top_ups.price_cents', 'cast(null as varchar)') }},
        'Top-up ' || top_ups.top_up_id || ' names the deployment ' || top_ups.deployment_id
            || ', which no delivery has; nobody is invoiced for its price of ' || {{ money_text('top_ups.price_cents') }}
            || '.' as message
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
