-- Usage and charges that nobody paid for, or not as metered (R6, R7, R9, R11): of the run's month, and what was
-- delivered late for an earlier one that can still be adjusted.
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

{#- What this run is the first to look at. #}
looked_at as (

    select
        late_usage.usage_period as period,
        late_usage.deployment_id,
        {{ month_text('late_usage.usage_period') }} || ' ' as prefix
    from {{ ref('int_late_usage') }} as late_usage
    inner join rated_periods
        on late_usage.usage_period = rated_periods.period
        and rated_periods.purpose = 'adjustment'
    where late_usage.deployment_id is not null
    group by late_usage.usage_period, late_usage.deployment_id
    union all
    select {{ run_period() }}, deployment_id, ''
    from (
        select deployment_id from {{ ref('int_usage_by_segment') }} where period = {{ run_period() }}
        union
        select deployment_id from {{ ref('int_llm_charges') }} where period = {{ run_period() }}
    ) as deployments_with_usage

),

usage_by_segment as (

    select
        segment_usage.*,
        looked_at.prefix
    from {{ ref('int_usage_by_segment') }} as segment_usage
    inner join looked_at
        on segment_usage.period = looked_at.period
        and segment_usage.deployment_id = looked_at.deployment_id

),

overages as (

    select
        segments.tenant_id,
        segments.deployment_id,
        looked_at.prefix,
        overages.resource_kind,
        {{ sum_qty('overages.unpriced_qty') }} as unpriced_qty,
        {{ sum_qty('overages.capped_qty') }} as capped_qty
    from {{ ref('int_segment_overages') }} as overages
    inner join {{ ref('int_segments') }} as segments
        on overages.segment_key = segments.segment_key
    inner join looked_at
        on segments.period = looked_at.period
        and segments.deployment_id = looked_at.deployment_id
    group by segments.tenant_id, segments.deployment_id, looked_at.prefix, overages.resource_kind

),

llm_charges as (

    select
        charges.*,
        looked_at.prefix
    from {{ ref('int_llm_charges') }} as charges
    inner join looked_at
        on charges.period = looked_at.period
        and charges.deployment_id = looked_at.deployment_id

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
                || deployment_id || ', which no delivery has; nobody was charged.'
            else {{ decimal_text('sum(billable_qty)') }} || ' ' || resource_kind || ' of deployment ' || deployment_id
                || ' were metered on days that are not billed, first on ' || cast(min(first_billable_on) as varchar)
                || '; nobody was charged.'
        end as message
    from usage_by_segment
    where segment_key is null
        and billable_qty > 0
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
            || ' are above its allowance, and its plan has no price for them; they were not charged.' as message
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

    select * from unbilled_usage
    union all
    select * from unpriced_usage
    union all
    select * from cap_breaches
    union all
    select * from llm_unknown_tenants
    union all
    select * from llm_other_tenants
    union all
    select * from llm_other_currencies

)

select * from final
