{#- What quantities that nobody is charged for would cost: estimates for findings, which no invoice has. -#}

{#- Whole cents as a finding can hold them: none from 10^15 on, so that a wrong quantity of many digits, or a sum of such,
    never fails a run. -#}
{% macro estimated_cents(cents) -%}
case when abs({{ cents }}) < 1000000000000000 then cast({{ cents }} as bigint) end
{%- endmacro %}

{#- The plan version of each row's subscription that is nearest in time to its day: price_key, plan_version_id, currency.
    No row where the deployment has no subscription to a known plan version. usage: price_key, deployment_id, used_on. -#}
{% macro nearest_plans(usage) -%}
select price_key, plan_version_id, currency
from (
    select
        usage.price_key,
        plan_versions.plan_version_id,
        plan_versions.currency,
        row_number() over (
            partition by usage.price_key
            order by
                case
                    when usage.used_on < subscriptions.starts_on then subscriptions.starts_on - usage.used_on
                    when subscriptions.ends_on <= usage.used_on then usage.used_on - subscriptions.ends_on + 1
                    else 0
                end,
                subscriptions.starts_on desc,
                subscriptions.subscription_id desc
        ) as place
    from {{ usage }} as usage
    inner join {{ ref('int_subscription_versions') }} as subscriptions
        on usage.deployment_id = subscriptions.deployment_id
        and {{ known_at('subscriptions', run_period()) }}
        and (subscriptions.ends_on is null or subscriptions.starts_on < subscriptions.ends_on)
    inner join {{ ref('int_plan_versions') }} as plan_versions
        on subscriptions.plan_version_id = plan_versions.plan_version_id
        and plan_versions.known_from <= {{ run_period() }}
) as ranked
where place = 1
{%- endmacro %}

{#- The overage price of each quantity as if it were all the overage there is: price_key, cents. No row where the plan
    version has no item of the kind. quantities: price_key, plan_version_id, resource_kind, qty. -#}
{% macro plan_prices(quantities) -%}
with overages as (

    select
        quantities.price_key as segment_key,
        quantities.resource_kind,
        quantities.qty as overage_qty,
        plan_items.plan_version_id,
        plan_items.charge_model,
        plan_items.overage_unit,
        plan_items.unit_factor,
        plan_items.overage_price_cents,
        plan_items.package_size
    from {{ quantities }} as quantities
    inner join {{ ref('int_plan_items') }} as plan_items
        on quantities.plan_version_id = plan_items.plan_version_id
        and quantities.resource_kind = plan_items.resource_kind
        and plan_items.known_from <= {{ run_period() }}

)

select
    segment_key as price_key,
    {{ estimated_cents('charge_cents') }} as cents
from (
    {{ overage_charges('overages', ref('int_plan_item_tiers')) }}
) as charges
{%- endmacro %}

{#- What a sentence adds in front of its full stop where an estimate is known. -#}
{% macro price_text(cents, currency) -%}
coalesce(' (estimated at its plan''s price: ' || {{ money_text(cents) }} || ' ' || {{ currency }} || ')', '')
{%- endmacro %}

{#- The rate of the month nearest to each period, the earlier of two equally near: period, from_currency, to_currency,
    rate, rate_period. No row where no month has a rate. pairs: period, from_currency, to_currency. -#}
{% macro nearest_rates(pairs) -%}
select period, from_currency, to_currency, rate, rate_period
from (
    select
        pairs.period,
        pairs.from_currency,
        pairs.to_currency,
        fx_rates.rate,
        fx_rates.period as rate_period,
        row_number() over (
            partition by pairs.period, pairs.from_currency, pairs.to_currency
            order by abs(fx_rates.period - pairs.period), fx_rates.period
        ) as place
    from {{ pairs }} as pairs
    inner join {{ ref('stg_control_plane__fx_rates') }} as fx_rates
        on pairs.from_currency = fx_rates.from_currency
        and pairs.to_currency = fx_rates.to_currency
        and {{ known_at('fx_rates', run_period()) }}
) as ranked
where place = 1
{%- endmacro %}

{#- What a sentence adds to a foreign amount where an estimate is known. -#}
{% macro rate_text(cents, currency, rate_period) -%}
coalesce(
        ' (estimated at the rate of ' || {{ month_text(rate_period) }} || ': ' || {{ money_text(cents) }} || ' ' || {{ currency }} || ')',
        ''
    )
{%- endmacro %}
