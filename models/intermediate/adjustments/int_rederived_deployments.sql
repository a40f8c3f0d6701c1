{#- R15 asks for all of an earlier month again. What was derived of it when it was the run's month is still there; of most
    deployments nothing has become known since, what was derived is what is invoiced, and no top-ups were at hand: to derive
    those again can only give the same. The others are these. -#}
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}
    where purpose <> 'invoice'

),

kept_periods as (

    select rated_periods.*
    from rated_periods
    inner join {{ source('carried', 'kept_periods') }} as kept_periods
        on rated_periods.period = kept_periods.period
    where rated_periods.purpose = 'adjustment'

),

{#- Of no deployment is it known what was derived. -#}
whole_periods as (

    select * from rated_periods
    where purpose = 'adjustment'
        and period not in (select period from kept_periods)

),

usage_by_day as (

    select
        delivery_period,
        deployment_id,
        usage_period
    from {{ ref('int_usage_by_day') }}
    where usage_period in (select period from rated_periods)

),

llm_charges as (

    select
        delivery_period,
        tenant_id,
        deployment_id,
        usage_period
    from {{ ref('int_llm_charges_by_day') }}
    where usage_period in (select period from rated_periods)

),

deployments as (

    select deployment_id, tenant_id, first_known_from from {{ ref('int_deployment_versions') }}

),

tenants as (

    select distinct tenant_id, first_known_from from {{ ref('int_tenant_versions') }}

),

subscriptions as (

    select subscription_id, deployment_id, plan_version_id from {{ ref('int_subscription_versions') }}

),

{#- What rows of the control plane say of a deployment, by the month in which they first said so. -#}
changed_rows as (

    {{ changes_of(ref('int_subscription_versions'), ['subscription_id', 'starts_on'], 'deployment_id',
        ['deployment_id', 'plan_version_id', 'ends_on']) }}
    union all
    {{ changes_of(ref('stg_control_plane__deployment_events'), ['event_id'], 'deployment_id',
        ['deployment_id', 'from_state', 'to_state', 'occurred_at']) }}

),

changed_addons as (

    {{ changes_of(ref('stg_control_plane__subscription_addons'), ['subscription_addon_id'], 'subscription_id',
        ['subscription_id', 'addon_code', 'resource_kind', 'addon_qty', 'price_cents', 'attached_on', 'detached_on']) }}

),

changed_rates as (

    {{ changes_of(ref('stg_control_plane__fx_rates'), ['period', 'from_currency', 'to_currency'], 'period', ['rate']) }}

),

changed_plans as (

    select plan_version_id, known_from as known_in from {{ ref('int_plan_versions') }}
    union
    select plan_version_id, known_from from {{ ref('int_plan_items') }}

),

changes as (

    select subject as deployment_id, known_in from changed_rows
    union
    select subscriptions.deployment_id, changed_addons.known_in
    from changed_addons
    inner join subscriptions
        on changed_addons.subject = subscriptions.subscription_id
    union
    select subscriptions.deployment_id, changed_plans.known_in
    from changed_plans
    inner join subscriptions
        on changed_plans.plan_version_id = subscriptions.plan_version_id
    union
    select deployment_id, first_known_from from deployments
    union
    select deployments.deployment_id, tenants.first_known_from
    from deployments
    inner join tenants
        on deployments.tenant_id = tenants.tenant_id
    union
    select llm_charges.deployment_id, tenants.first_known_from
    from llm_charges
    inner join tenants
        on llm_charges.tenant_id = tenants.tenant_id

),

{#- Usage that was not delivered yet, and charges whose exchange rate was another. -#}
changed_usage as (

    select distinct deployment_id, usage_period
    from usage_by_day
    where usage_period < delivery_period
        and delivery_period <= {{ run_period() }}
    union
    select deployment_id, usage_period
    from llm_charges
    where usage_period < delivery_period
        and delivery_period <= {{ run_period() }}
    union
    select llm_charges.deployment_id, llm_charges.usage_period
    from llm_charges
    inner join changed_rates
        on llm_charges.usage_period = changed_rates.subject
        and llm_charges.usage_period < changed_rates.known_in

),

amounts as (

    select
        period, tenant_id, deployment_id, kind, resource_kind,
        amount_cents as expected_cents,
        0 as invoiced_cents
    from {{ source('carried', 'expected_lines') }}
    where kind not in ('tax', 'adjustment')
    union all
    select
        period, tenant_id, deployment_id, kind, resource_kind,
        0,
        amount_cents
    from {{ ref('int_invoiced_charges') }}
    where period in (select period from kept_periods)

),

invoiced_otherwise as (

    select period, deployment_id
    from amounts
    where deployment_id is not null
    group by period, tenant_id, deployment_id, kind, resource_kind
    having sum(expected_cents) <> sum(invoiced_cents)

),

final as (

    select kept_periods.period, changes.deployment_id
    from kept_periods
    inner join changes
        on kept_periods.period < changes.known_in
        and changes.known_in <= kept_periods.run_period
    where changes.deployment_id is not null
    union
    select kept_periods.period, changed_usage.deployment_id
    from kept_periods
    inner join changed_usage
        on kept_periods.period = changed_usage.usage_period
    union
    {#- A month that is made again has all open lots at hand; to be adjusted, only what its seal applied. #}
    select kept_periods.period, top_ups.deployment_id
    from kept_periods
    cross join {{ ref('stg_control_plane__top_ups') }} as top_ups
    union
    select period, deployment_id
    from invoiced_otherwise
    union
    select whole_periods.period, deployments.deployment_id
    from whole_periods
    cross join deployments
    union
    select whole_periods.period, usage_by_day.deployment_id
    from whole_periods
    inner join usage_by_day
        on whole_periods.period = usage_by_day.usage_period
    union
    select whole_periods.period, llm_charges.deployment_id
    from whole_periods
    inner join llm_charges
        on whole_periods.period = llm_charges.usage_period
    union
    select invoiced.period, invoiced.deployment_id
    from {{ ref('int_invoiced_charges') }} as invoiced
    inner join whole_periods
        on invoiced.period = whole_periods.period
    where invoiced.deployment_id is not null
    union
    {#- A month that is derived only to say what came too late for it needs no other deployments. #}
    select late_usage.usage_period, late_usage.deployment_id
    from {{ ref('int_late_usage') }} as late_usage
    inner join rated_periods
        on late_usage.usage_period = rated_periods.period
        and rated_periods.purpose = 'late'
    where late_usage.deployment_id is not null

)

select * from final
