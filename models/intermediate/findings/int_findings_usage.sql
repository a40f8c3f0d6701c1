-- Usage that nobody paid for (R6, R7, R9): of the run's month, and of an earlier one that can still be adjusted what was
-- delivered late, and no more: the rest was told when that month was closed.
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

late_usage as (

    select
        rated_periods.period,
        usage_by_day.deployment_id,
        usage_by_day.resource_kind,
        usage_by_day.usage_on,
        usage_by_day.quantity
    from {{ ref('int_usage_by_day') }} as usage_by_day
    inner join rated_periods
        on rated_periods.period = usage_by_day.usage_period
        and rated_periods.purpose = 'adjustment'
    where usage_by_day.delivery_period = {{ run_period() }}
        and usage_by_day.is_billable
        and usage_by_day.quantity > 0

),

metered as (

    select
        '' as prefix,
        tenant_id,
        deployment_id,
        resource_kind,
        segment_key,
        first_billable_on,
        billable_qty
    from {{ ref('int_usage_by_segment') }}
    where period = {{ run_period() }}
        and billable_qty > 0
    union all
    select
        {{ month_text('late_usage.period') }} || ' ' as prefix,
        deployments.tenant_id,
        late_usage.deployment_id,
        late_usage.resource_kind,
        billed_days.segment_key,
        min(late_usage.usage_on) as first_billable_on,
        {{ sum_qty('late_usage.quantity') }} as billable_qty
    from late_usage
    left join {{ ref('int_deployments') }} as deployments
        on late_usage.period = deployments.period
        and late_usage.deployment_id = deployments.deployment_id
    left join {{ ref('int_billed_days') }} as billed_days
        on late_usage.period = billed_days.period
        and late_usage.deployment_id = billed_days.deployment_id
        and late_usage.usage_on = billed_days.day_on
    group by
        late_usage.period,
        deployments.tenant_id,
        late_usage.deployment_id,
        late_usage.resource_kind,
        billed_days.segment_key

),

unbilled as (

    select
        prefix || deployment_id || '|' || resource_kind as price_key,
        prefix,
        tenant_id,
        deployment_id,
        resource_kind,
        min(first_billable_on) as used_on,
        {{ sum_qty('billable_qty') }} as qty
    from metered
    where segment_key is null
    group by prefix, tenant_id, deployment_id, resource_kind

),

unbilled_plans as (

    {{ nearest_plans('unbilled') }}

),

{#- What is above an allowance or a cap comes last: of late usage no more than is late. #}
overages as (

    select
        overages.segment_key,
        overages.plan_version_id,
        metered.tenant_id,
        metered.deployment_id,
        metered.prefix,
        metered.resource_kind,
        least(overages.unpriced_qty, metered.billable_qty) as unpriced_qty,
        least(overages.capped_qty, metered.billable_qty) as capped_qty,
        cast(overages.overage_qty + overages.capped_qty as decimal(27,9)) as uncapped_qty,
        case when overages.unpriced_qty > 0 then causes.cause end as unpriced_cause
    from {{ ref('int_segment_overages') }} as overages
    inner join metered
        on overages.segment_key = metered.segment_key
        and overages.resource_kind = metered.resource_kind
    left join {{ ref('int_unpriced_causes') }} as causes
        on overages.plan_version_id = causes.plan_version_id
        and overages.resource_kind = causes.resource_kind
    where overages.unpriced_qty > 0
        or overages.capped_qty > 0

),

{#- What a cap cuts off costs what the overage would come to without it, less what it comes to without the part. #}
quantities as (

    select unbilled.price_key, unbilled_plans.plan_version_id, unbilled.resource_kind, unbilled.qty
    from unbilled
    inner join unbilled_plans
        on unbilled.price_key = unbilled_plans.price_key
    union all
    select 'uncapped|' || segment_key || '|' || resource_kind, plan_version_id, resource_kind, uncapped_qty
    from overages
    where capped_qty > 0
    union all
    select 'capped|' || segment_key || '|' || resource_kind, plan_version_id, resource_kind,
        cast(uncapped_qty - capped_qty as decimal(27,9))
    from overages
    where capped_qty > 0

),

prices as (

    {{ plan_prices('quantities') }}

),

overages_by_kind as (

    select
        overages.tenant_id,
        overages.deployment_id,
        overages.prefix,
        overages.resource_kind,
        {{ sum_qty('overages.unpriced_qty') }} as unpriced_qty,
        {{ sum_qty('overages.capped_qty') }} as capped_qty,
        {{ sum_cents('prices_uncapped.cents - coalesce(prices_capped.cents, 0)') }} as capped_cents,
        max(plan_versions.currency) as currency,
        min(overages.unpriced_cause) as unpriced_cause
    from overages
    left join prices as prices_uncapped
        on 'uncapped|' || overages.segment_key || '|' || overages.resource_kind = prices_uncapped.price_key
    left join prices as prices_capped
        on 'capped|' || overages.segment_key || '|' || overages.resource_kind = prices_capped.price_key
    left join {{ ref('int_plan_versions') }} as plan_versions
        on overages.plan_version_id = plan_versions.plan_version_id
    group by overages.tenant_id, overages.deployment_id, overages.prefix, overages.resource_kind

),

unbilled_usage as (

    select
        'unbilled_usage' as rule,
        unbilled.tenant_id,
        unbilled.deployment_id,
        unbilled.prefix || unbilled.resource_kind as subject,
        {{ unpaid_cents('prices.cents', 'plans.currency') }},
        case when unbilled.tenant_id is null
            then {{ decimal_text('unbilled.qty') }} || ' ' || unbilled.resource_kind || ' were metered for deployment '
                || unbilled.deployment_id || ', which no delivery has (or whose tenant none has); nobody was charged'
            else {{ decimal_text('unbilled.qty') }} || ' ' || unbilled.resource_kind || ' of deployment '
                || unbilled.deployment_id || ' were metered on days that are not billed, first on '
                || cast(unbilled.used_on as varchar) || '; nobody was charged'
        end || {{ price_text('prices.cents', 'plans.currency') }} || '.' as message
    from unbilled
    left join unbilled_plans as plans
        on unbilled.price_key = plans.price_key
    left join prices
        on unbilled.price_key = prices.price_key

),

unpriced_usage as (

    select
        'unpriced_usage' as rule,
        tenant_id,
        deployment_id,
        prefix || resource_kind as subject,
        {{ no_cents() }},
        {{ decimal_text('unpriced_qty') }} || ' ' || resource_kind || ' of deployment ' || deployment_id
            || ' are above its allowance, and its plan has '
            || coalesce('no usable price for them: ' || unpriced_cause, 'no price for them')
            || '; they were not charged.' as message,
        case when unpriced_cause is not null then 'incomplete_price_list' end as severity_case
    from overages_by_kind
    where unpriced_qty > 0

),

cap_breaches as (

    select
        'cap_breach' as rule,
        tenant_id,
        deployment_id,
        prefix || resource_kind as subject,
        {{ unpaid_cents('capped_cents', 'currency') }},
        {{ decimal_text('capped_qty') }} || ' ' || resource_kind || ' of deployment ' || deployment_id
            || ' are above the hard cap of its plan; they were not charged'
            || {{ price_text('capped_cents', 'currency') }} || '.' as message
    from overages_by_kind
    where capped_qty > 0

),

final as (

    select *, {{ no_case() }} from unbilled_usage
    union all
    select * from unpriced_usage
    union all
    select *, {{ no_case() }} from cap_breaches

)

select * from final
