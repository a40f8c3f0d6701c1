-- Usage and charges dated after the month that they were delivered for (R19), in every close until they fall due.
with deployments as (

    select * from {{ ref('int_deployments') }}
    where period = {{ run_period() }}

),

tenants as (

    select * from {{ ref('int_tenants') }}
    where period = {{ run_period() }}

),

usage as (

    select
        usage_by_day.deployment_id || '|' || usage_by_day.resource_kind as price_key,
        usage_by_day.deployment_id,
        usage_by_day.resource_kind,
        min(usage_by_day.usage_on) as used_on,
        max(usage_by_day.usage_on) as last_on,
        {{ sum_qty('usage_by_day.quantity') }} as quantity,
        {{ sum_qty('case when usage_by_day.is_billable then usage_by_day.quantity else 0 end') }} as billable_qty
    from {{ ref('int_usage_by_day') }} as usage_by_day
    where {{ is_ahead('usage_by_day', 'usage_on') }}
    group by usage_by_day.deployment_id, usage_by_day.resource_kind

),

plans as (

    {{ nearest_plans('usage') }}

),

quantities as (

    select usage.price_key, plans.plan_version_id, usage.resource_kind, usage.billable_qty as qty
    from usage
    inner join plans
        on usage.price_key = plans.price_key

),

prices as (

    {{ plan_prices('quantities') }}

),

future_metering as (

    select
        deployments.tenant_id,
        usage.deployment_id,
        usage.resource_kind as subject,
        {{ unpaid_cents('prices.cents', 'plans.currency') }},
        {{ decimal_text('usage.quantity') }} || ' ' || usage.resource_kind || ' of deployment ' || usage.deployment_id
            || {{ dated_ahead('usage.used_on', 'usage.last_on') }} || {{ price_text('prices.cents', 'plans.currency') }}
            || '.' as message
    from usage
    left join deployments
        on usage.deployment_id = deployments.deployment_id
    left join plans
        on usage.price_key = plans.price_key
    left join prices
        on usage.price_key = prices.price_key
    where usage.quantity > 0

),

charges as (

    select
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        charges_by_day.usage_on,
        charges_by_day.request_count,
        charges_by_day.charge,
        tenants.currency as tenant_currency,
        coalesce(charges_by_day.currency, tenants.currency) as currency,
        fx_rates.rate
    from {{ ref('int_llm_charges_by_day') }} as charges_by_day
    left join tenants
        on charges_by_day.tenant_id = tenants.tenant_id
    left join {{ ref('stg_control_plane__fx_rates') }} as fx_rates
        on charges_by_day.usage_period = fx_rates.period
        and charges_by_day.currency = fx_rates.from_currency
        and tenants.currency = fx_rates.to_currency
        and charges_by_day.currency <> tenants.currency
        and {{ known_at('fx_rates', run_period()) }}
    where {{ is_ahead('charges_by_day', 'usage_on') }}

),

{#- In the tenant's currency where a rate of the month that they are dated in is known, else as they were sent. #}
charge_sums as (

    select
        tenant_id,
        deployment_id,
        case when rate is null then currency else tenant_currency end as currency,
        min(usage_on) as used_on,
        max(usage_on) as last_on,
        sum(request_count) as request_count,
        {{ sums_to_convert('charge', 'coalesce(rate, cast(1 as decimal(18,9)))') }}
    from charges
    group by tenant_id, deployment_id, case when rate is null then currency else tenant_currency end

),

charge_cents as (

    {{ converted_cents('charge_sums') }}

),

future_charges as (

    select
        tenant_id,
        deployment_id,
        'llm_usage' || {{ currency_suffix(['tenant_id', 'deployment_id']) }} as subject,
        {{ unpaid_cents('converted_cents', 'currency') }},
        'LLM requests of deployment ' || deployment_id || ' over ' || {{ money_text('converted_cents') }}
            || coalesce(' ' || currency, ' in an unknown currency') || ' (' || cast(request_count as varchar) || ')'
            || {{ dated_ahead('used_on', 'last_on') }} || '.' as message
    from charge_cents

),

campaigns as (

    select * from {{ ref('stg_campaigns__campaigns') }} as known_campaigns
    where {{ known_at('known_campaigns', run_period()) }}

),

campaign_events as (

    select
        events.campaign_id,
        min(events.used_on) as used_on,
        max(events.used_on) as last_on,
        coalesce({{ max_qty_of('events', 'seat_usage') }}, 0) as seats_used,
        {{ sum_qty_of('events', 'credit_usage') }} as credit_hours,
        {{ sum_qty_of('events', 'learner_served') }} as learners_served,
        {{ sum_qty_of('events', 'session_completed') }} as sessions_completed
    from {{ ref('int_campaign_usage') }} as events
    where not events.is_duplicate
        and {{ is_ahead('events', 'used_on') }}
    group by events.campaign_id

),

{#- What the events add to a month of the campaign: no bundle, no fixed amount, and seats beyond those committed to. #}
measured as (

    select
        campaign_events.*,
        campaigns.tenant_id,
        campaigns.pricing_model,
        cast(null as varchar) as fault,
        cast(0 as bigint) as bundle_cents,
        cast(0 as bigint) as custom_amount_cents,
        greatest(campaign_events.seats_used - coalesce(campaigns.committed_seats, 0), 0) as seats_billed,
        coalesce(campaigns.seat_price_cents, 0) as seat_price,
        coalesce(campaigns.credit_consumption_rate, 0) as consumption_rate,
        coalesce(campaigns.credit_price_cents, 0) as credit_price,
        coalesce(campaigns.outcome_price_cents, 0) as outcome_price,
        coalesce(campaigns.session_price_cents, 0) as session_price
    from campaign_events
    left join campaigns
        on campaign_events.campaign_id = campaigns.campaign_id

),

with_limbs as (

    select
        *,
        {{ credit_limbs('credit_hours', 'consumption_rate', 'credit_price') }}
    from measured

),

campaign_cents as (

    select
        with_limbs.*,
        tenants.currency,
        {{ estimated_cents(campaign_cents()) }} as cents
    from with_limbs
    left join tenants
        on with_limbs.tenant_id = tenants.tenant_id

),

future_campaigns as (

    select
        tenant_id,
        cast(null as varchar) as deployment_id,
        campaign_id as subject,
        {{ unpaid_cents('cents', 'currency') }},
        'Events of campaign ' || campaign_id || ' ('
            || concat_ws(
                ', ',
                {{ decimal_text('nullif(seats_used, 0)') }} || ' seats',
                {{ decimal_text('nullif(credit_hours, 0)') }} || ' hours',
                {{ decimal_text('nullif(learners_served, 0)') }} || ' learners',
                {{ decimal_text('nullif(sessions_completed, 0)') }} || ' sessions'
            )
            || ')' || {{ dated_ahead('used_on', 'last_on') }}
            || coalesce(' (by the campaign''s prices: ' || {{ money_text('cents') }} || ' ' || currency || ')', '')
            || '.' as message
    from campaign_cents

),

findings as (

    select * from future_metering
    union all
    select * from future_charges
    union all
    select * from future_campaigns

),

final as (

    select
        'future_usage' as rule,
        *
    from findings

)

select * from final
