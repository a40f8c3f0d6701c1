-- LLM charges that nobody paid for, or somebody else did (R11): of the run's month, and of an earlier one that can still be
-- adjusted what was delivered late.
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

late_charges as (

    select
        rated_periods.period,
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        charges_by_day.currency,
        sum(charges_by_day.charge) as charge,
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
        charges.period,
        charges.tenant_id,
        charges.deployment_id,
        charges.currency,
        charges.tenant_currency,
        charges.deployment_tenant_id,
        charges.rate,
        {{ earlier_month('charges.period') }} as prefix,
        case when charges.period = {{ run_period() }} then charges.charge else late_charges.charge end as charge,
        case when charges.period = {{ run_period() }} then charges.request_count else late_charges.request_count end
            as request_count
    from {{ ref('int_llm_charges') }} as charges
    left join late_charges
        on charges.period = late_charges.period
        and charges.tenant_id = late_charges.tenant_id
        and charges.deployment_id = late_charges.deployment_id
        and charges.currency is not distinct from coalesce(late_charges.currency, charges.tenant_currency)
    where charges.period = {{ run_period() }}
        or late_charges.period is not null

),

other_tenants as (

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

{#- The tenant is unknown, or the month has no rate: neither can be converted. #}
unpaid as (

    select *
    from llm_charges
    where rate is null

),

missing_pairs as (

    select distinct
        period,
        currency as from_currency,
        tenant_currency as to_currency
    from unpaid

),

nearest_rates as (

    {{ nearest_rates('missing_pairs') }}

),

sent_sums as (

    select
        period,
        prefix,
        tenant_id,
        deployment_id,
        currency,
        tenant_currency,
        sum(request_count) as request_count,
        {{ sums_to_convert('charge', 'cast(1 as decimal(18,9))') }}
    from unpaid
    group by period, prefix, tenant_id, deployment_id, currency, tenant_currency

),

sent_cents as (

    {{ converted_cents('sent_sums') }}

),

estimated_sums as (

    select
        unpaid.period,
        unpaid.tenant_id,
        unpaid.deployment_id,
        unpaid.currency,
        nearest_rates.rate_period,
        {{ sums_to_convert('unpaid.charge', 'nearest_rates.rate') }}
    from unpaid
    inner join nearest_rates
        on unpaid.period = nearest_rates.period
        and unpaid.currency = nearest_rates.from_currency
        and unpaid.tenant_currency = nearest_rates.to_currency
    group by unpaid.period, unpaid.tenant_id, unpaid.deployment_id, unpaid.currency, nearest_rates.rate_period

),

estimated_cents as (

    {{ converted_cents('estimated_sums') }}

),

unknown_tenants as (

    select
        'unbilled_usage' as rule,
        tenant_id,
        deployment_id,
        prefix || 'llm_usage' || {{ currency_suffix(['prefix', 'tenant_id', 'deployment_id']) }} as subject,
        {{ unpaid_cents('converted_cents', 'currency') }},
        'LLM requests that name the tenant ' || tenant_id || ', which no delivery has: '
            || cast(request_count as varchar) || ' over ' || {{ money_text('converted_cents') }}
            || coalesce(' ' || currency, ' in an unknown currency') || '; nobody was charged.' as message
    from sent_cents
    where tenant_currency is null

),

missing_rates as (

    select
        'fx_missing' as rule,
        sent.tenant_id,
        sent.deployment_id,
        sent.prefix || 'llm_usage ' || sent.currency as subject,
        {{ unpaid_cents('sent.converted_cents', 'sent.currency') }},
        'LLM requests of deployment ' || sent.deployment_id || ' in ' || sent.currency
            || ', for which the month has no rate to ' || sent.tenant_currency || ': '
            || cast(sent.request_count as varchar) || ' over ' || {{ money_text('sent.converted_cents') }} || ' '
            || sent.currency
            || {{ rate_text('estimated.converted_cents', 'sent.tenant_currency', 'estimated.rate_period') }}
            || '; they were left out.' as message
    from sent_cents as sent
    left join estimated_cents as estimated
        on sent.period = estimated.period
        and sent.tenant_id = estimated.tenant_id
        and sent.deployment_id = estimated.deployment_id
        and sent.currency = estimated.currency
    where sent.tenant_currency is not null

),

final as (

    select * from other_tenants
    union all
    select * from unknown_tenants
    union all
    select * from missing_rates

)

select * from final
