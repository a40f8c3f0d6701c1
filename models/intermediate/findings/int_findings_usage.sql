-- Usage and charges that nobody paid for, or not as metered (R6, R7, R9, R11): of the run's month, and of an earlier one
-- that can still be adjusted what was delivered late, and no more: the rest was told when that month was closed.
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

{#- What is above an allowance or a cap comes last: of late usage no more than is late. #}
overages as (

    select
        metered.tenant_id,
        metered.deployment_id,
        metered.prefix,
        metered.resource_kind,
        {{ sum_qty('least(overages.unpriced_qty, metered.billable_qty)') }} as unpriced_qty,
        {{ sum_qty('least(overages.capped_qty, metered.billable_qty)') }} as capped_qty,
        min(case when overages.unpriced_qty > 0 then causes.cause end) as unpriced_cause
    from {{ ref('int_segment_overages') }} as overages
    inner join metered
        on overages.segment_key = metered.segment_key
        and overages.resource_kind = metered.resource_kind
    left join {{ ref('int_unpriced_causes') }} as causes
        on overages.plan_version_id = causes.plan_version_id
        and overages.resource_kind = causes.resource_kind
    group by metered.tenant_id, metered.deployment_id, metered.prefix, metered.resource_kind

),

late_requests as (

    select
        rated_periods.period,
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        charges_by_day.currency,
        sum(charges_by_day.request_count) as request_count
    from {{ ref('int_llm_charges_by_day') }} as charges_by_day
    inner join rated_periods
        on rated_periods.period = charges_by_day.usage_period
        and rated_periods.purpose = 'adjustment'
    where charges_by_day.delivery_period = {{ run_period() }}
    group by
        rated_periods.period,
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        charges_by_day.currency

),

llm_charges as (

    select
        charges.tenant_id,
        charges.deployment_id,
        charges.currency,
        charges.tenant_currency,
        charges.deployment_tenant_id,
        charges.rate,
        case when charges.period = {{ run_period() }} then '' else {{ month_text('charges.period') }} || ' ' end as prefix,
        case when charges.period = {{ run_period() }} then charges.request_count else late_requests.request_count end
            as request_count
    from {{ ref('int_llm_charges') }} as charges
    left join late_requests
        on charges.period = late_requests.period
        and charges.tenant_id = late_requests.tenant_id
        and charges.deployment_id = late_requests.deployment_id
        and charges.currency is not distinct from coalesce(late_requests.currency, charges.tenant_currency)
    where charges.period = {{ run_period() }}
        or late_requests.period is not null

),

unbilled_usage as (

    select
        'unbilled_usage' as rule,
        tenant_id,
        deployment_id,
        prefix || resource_kind as subject,
        {{ no_cents() }},
        case when tenant_id is null
            then {{ decimal_text('sum(billable_qty)') }} || ' ' || resource_kind || ' were metered for deployment '
                || deployment_id || ', which no delivery has (or whose tenant none has); nobody was charged.'
            else {{ decimal_text('sum(billable_qty)') }} || ' ' || resource_kind || ' of deployment ' || deployment_id
                || ' were metered on days that are not billed, first on ' || cast(min(first_billable_on) as varchar)
                || '; nobody was charged.'
        end as message
    from metered
    where segment_key is null
    group by tenant_id, deployment_id, prefix, resource_kind

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
    from overages
    where unpriced_qty > 0

),

cap_breaches as (

    select
        'cap_breach' as rule,
        tenant_id,
        deployment_id,
        prefix || resource_kind as subject,
        {{ no_cents() }},
        {{ decimal_text('capped_qty') }} || ' ' || resource_kind || ' of deployment ' || deployment_id
            || ' are above the hard cap of its plan; they were not charged.' as message
    from overages
    where capped_qty > 0

),

llm_unknown_tenants as (

    select
        'unbilled_usage' as rule,
        tenant_id,
        deployment_id,
        prefix || 'llm_usage' as subject,
        {{ no_cents() }},
        'LLM requests that name the tenant ' || tenant_id || ', which no delivery has: '
            || cast(sum(request_count) as varchar) || '; nobody was charged.' as message
    from llm_charges
    where tenant_currency is null
    group by tenant_id, deployment_id, prefix

),

llm_other_tenants as (

    select
        'llm_tenant_mismatch' as rule,
        tenant_id,
        deployment_id,
        prefix || 'llm_usage' as subject,
        {{ no_cents() }},
        'LLM requests of deployment ' || deployment_id || ' of ' || min(deployment_tenant_id)
            || ' that name the tenant ' || tenant_id || ': ' || cast(sum(request_count) as varchar)
            || '; ' || tenant_id || ' pays for them.' as message
    from llm_charges
    where tenant_currency is not null
        and deployment_tenant_id <> tenant_id
    group by tenant_id, deployment_id, prefix

),

llm_other_currencies as (

    select
        'fx_missing' as rule,
        tenant_id,
        deployment_id,
        prefix || 'llm_usage ' || currency as subject,
        {{ no_cents() }},
        'LLM requests of deployment ' || deployment_id || ' in ' || currency || ', for which the month has no rate to '
            || tenant_currency || ': ' || cast(request_count as varchar) || '; they were left out.' as message
    from llm_charges
    where tenant_currency is not null
        and rate is null

),

final as (

    select *, {{ no_case() }} from unbilled_usage
    union all
    select * from unpriced_usage
    union all
    select *, {{ no_case() }} from cap_breaches
    union all
    select *, {{ no_case() }} from llm_unknown_tenants
    union all
    select *, {{ no_case() }} from llm_other_tenants
    union all
    select *, {{ no_case() }} from llm_other_currencies

)

select * from final
