-- What came after its month was sealed (R15): billed late, or not at all.
with differences as (

    select * from {{ ref('int_differences') }}

),

late_usage as (

    select * from {{ ref('int_late_usage') }}

),

rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

balances as (

    select deployment_id, resource_kind, sum(closing_qty) as closing_qty
    from {{ ref('int_expected_top_up_balances') }}
    where period = {{ run_period() }}
    group by deployment_id, resource_kind

),

late_usage_adjusted as (

    select
        'late_usage_adjusted' as rule,
        differences.tenant_id,
        differences.deployment_id,
        {{ month_text('differences.period') }} || ' '
            || coalesce(differences.campaign_id, differences.resource_kind, differences.kind) as subject,
        differences.expected_cents,
        differences.invoiced_cents as actual_cents,
        differences.currency,
        case differences.kind
            when 'campaign' then 'Usage of campaign ' || differences.campaign_id
            else coalesce(differences.resource_kind, 'LLM usage') || ' of deployment ' || differences.deployment_id
        end || ' for '
            || {{ month_text('differences.period') }} || ' arrived after that month was sealed; '
            || {{ money_text('differences.difference_cents') }} || ' ' || differences.currency
            || ' are adjusted on this invoice.' as message
    from differences
    inner join late_usage
        on differences.period = late_usage.usage_period
        and differences.deployment_id is not distinct from late_usage.deployment_id
        and differences.campaign_id is not distinct from late_usage.campaign_id
        and differences.resource_kind is not distinct from late_usage.resource_kind
        and (late_usage.tenant_id is null or differences.tenant_id = late_usage.tenant_id)
    where differences.fault is null
        and differences.kind in ('overage', 'llm_usage', 'campaign')

),

top_up_stranded as (

    select
        'top_up_stranded' as rule,
        differences.tenant_id,
        differences.deployment_id,
        {{ month_text('differences.period') }} || ' ' || differences.resource_kind as subject,
        differences.invoiced_cents as expected_cents,
        differences.expected_cents as actual_cents,
        differences.currency,
        'Late ' || differences.resource_kind || ' of ' || {{ month_text('differences.period') }} || ' cost '
            || differences.tenant_id || ' ' || {{ money_text('differences.difference_cents') }} || ' '
            || differences.currency || ' although its top-ups of deployment ' || differences.deployment_id
            || ' have ' || {{ decimal_text('balances.closing_qty') }} || ' left: a sealed month burns no lot again.' as message
    from differences
    inner join balances
        on differences.deployment_id = balances.deployment_id
        and differences.resource_kind = balances.resource_kind
    where differences.fault is null
        and differences.kind = 'overage'
        and differences.difference_cents > 0
        and balances.closing_qty > 0

),

other_currencies as (

    select
        'currency_mismatch' as rule,
        tenant_id,
        deployment_id,
        {{ month_text('period') }} || ' ' || concat_ws(' ', kind, resource_kind, campaign_id) as subject,
        case when coalesce(invoiced_currency, currency) = currency then expected_cents end as expected_cents,
        invoiced_cents as actual_cents,
        coalesce(invoiced_currency, currency) as currency,
        'The ' || replace(kind, '_', ' ') || ' of ' || tenant_id || ' for ' || {{ month_text('period') }}
            || case when coalesce(invoiced_currency, currency) = currency
                then ' should be ' || {{ money_text('difference_cents') }} || ' ' || currency
                    || ' more than invoiced, but the tenant now pays in ' || invoice_currency
                else ' was invoiced as ' || {{ money_text('invoiced_cents') }} || ' ' || invoiced_currency || ' and should be '
                    || {{ money_text('expected_cents') }} || ' ' || currency
            end || '; it was not adjusted.' as message
    from differences
    where fault = 'currency_mismatch'

),

{#- Per deployment and month, since a minimum may take back what an overage adds. #}
lost_cents as (

    select
        period,
        tenant_id,
        deployment_id,
        campaign_id,
        currency,
        {{ sum_cents('expected_cents') }} as expected_cents,
        {{ sum_cents('invoiced_cents') }} as invoiced_cents
    from differences
    where fault = 'beyond_window'
    group by period, tenant_id, deployment_id, campaign_id, currency

),

too_late as (

    select
        late_usage.usage_period as period,
        coalesce(late_usage.tenant_id, deployments.tenant_id, campaigns.tenant_id) as tenant_id,
        late_usage.deployment_id,
        late_usage.campaign_id,
        {{ month_text('late_usage.usage_period') }} || coalesce(' ' || late_usage.campaign_id, '') as subject,
        cast(sum(late_usage.event_count) as bigint) as event_count
    from late_usage
    inner join rated_periods
        on late_usage.usage_period = rated_periods.period
        and rated_periods.purpose = 'late'
    left join deployments
        on late_usage.usage_period = deployments.period
        and late_usage.deployment_id = deployments.deployment_id
    left join {{ ref('int_campaigns') }} as campaigns
        on late_usage.usage_period = campaigns.period
        and late_usage.campaign_id = campaigns.campaign_id
    group by
        late_usage.usage_period,
        coalesce(late_usage.tenant_id, deployments.tenant_id, campaigns.tenant_id),
        late_usage.deployment_id,
        late_usage.campaign_id

),

{#- Late usage that no line could have charged: on a day that is not billed, or of a kind that has no price. #}
uncharged_usage as (

    select
        usage_by_day.usage_period as period,
        usage_by_day.deployment_id
    from {{ ref('int_usage_by_day') }} as usage_by_day
    inner join rated_periods
        on usage_by_day.usage_period = rated_periods.period
        and rated_periods.purpose = 'late'
    left join {{ ref('int_billed_days') }} as billed_days
        on usage_by_day.usage_period = billed_days.period
        and usage_by_day.deployment_id = billed_days.deployment_id
        and usage_by_day.usage_on = billed_days.day_on
    left join {{ ref('int_segment_overages') }} as overages
        on billed_days.segment_key = overages.segment_key
        and usage_by_day.resource_kind = overages.resource_kind
    where usage_by_day.delivery_period = {{ run_period() }}
        and usage_by_day.is_billable
        and usage_by_day.quantity > 0
        and (billed_days.segment_key is null or overages.unpriced_qty > 0)
    group by usage_by_day.usage_period, usage_by_day.deployment_id
    union
    select
        period,
        deployment_id
    from {{ ref('int_llm_charges') }}
    where rate is null

),

too_late_usage as (

    select
        'late_usage' as rule,
        too_late.tenant_id,
        too_late.deployment_id,
        too_late.subject,
        coalesce(lost_cents.expected_cents, 0) as expected_cents,
        coalesce(lost_cents.invoiced_cents, 0) as actual_cents,
        lost_cents.currency,
        cast(too_late.event_count as varchar) || ' events of '
            || coalesce('deployment ' || too_late.deployment_id, 'campaign ' || too_late.campaign_id) || ' for '
            || {{ month_text('too_late.period') }} || ' arrived when that month could no longer be adjusted; '
            || case
                when lost_cents.expected_cents <> lost_cents.invoiced_cents
                    then {{ money_text('lost_cents.expected_cents - lost_cents.invoiced_cents') }} || ' ' || lost_cents.currency
                        || ' of it is not billed.'
                when uncharged_usage.deployment_id is not null
                    then 'nobody can be charged for some of it: the day is not billed, or there is no price, rate or tenant.'
                else 'it would have cost nothing.'
            end as message,
        case
            when coalesce(lost_cents.expected_cents, 0) = coalesce(lost_cents.invoiced_cents, 0)
                and uncharged_usage.deployment_id is null
                then 'costs_nothing'
        end as severity_case
    from too_late
    left join lost_cents
        on too_late.period = lost_cents.period
        and too_late.deployment_id is not distinct from lost_cents.deployment_id
        and too_late.campaign_id is not distinct from lost_cents.campaign_id
        and too_late.tenant_id = lost_cents.tenant_id
    left join uncharged_usage
        on too_late.period = uncharged_usage.period
        and too_late.deployment_id = uncharged_usage.deployment_id

),

{#- Lots that this delivery is the first to tell of, by the month in which they were bought. #}
new_lots as (

    select
        top_ups.top_up_id,
        top_ups.deployment_id,
        top_ups.price_cents,
        {{ month_of('coalesce(purchase_days.local_on, cast(top_ups.purchased_at as date))') }} as period
    from {{ ref('stg_control_plane__top_ups') }} as top_ups
    left join {{ local_day_of('top_ups.purchased_at', 'purchase_days') }}
    where top_ups.known_from = {{ run_period() }}
        and top_ups.first_known_from = {{ run_period() }}

),

{#- What was bought before the ledger began was somebody else's to bill. #}
too_late_lots as (

    select
        'late_usage' as rule,
        tenants.tenant_id,
        new_lots.deployment_id,
        {{ month_text('new_lots.period') }} || ' top_up ' || new_lots.top_up_id as subject,
        new_lots.price_cents as expected_cents,
        cast(0 as bigint) as actual_cents,
        tenants.currency,
        'The top-up ' || new_lots.top_up_id || ' of deployment ' || new_lots.deployment_id || ', bought in '
            || {{ month_text('new_lots.period') }} || ', was delivered when that month could no longer be adjusted; its '
            || {{ money_text('new_lots.price_cents') }} || ' ' || tenants.currency || ' are not billed.' as message
    from new_lots
    inner join deployments
        on deployments.period = {{ run_period() }}
        and new_lots.deployment_id = deployments.deployment_id
    inner join {{ ref('int_tenants') }} as tenants
        on tenants.period = {{ run_period() }}
        and deployments.tenant_id = tenants.tenant_id
    left join rated_periods
        on new_lots.period = rated_periods.period
        and rated_periods.purpose <> 'late'
    where new_lots.period in (select period from {{ source('carried', 'seals') }})
        and new_lots.price_cents > 0
        and rated_periods.period is null

),

final as (

    select *, {{ no_case() }}, {{ adjustment_stake() }} as stake from late_usage_adjusted
    union all
    select *, {{ no_case() }}, {{ adjustment_stake() }} as stake from top_up_stranded
    union all
    select *, {{ no_case() }}, {{ no_stake() }} from other_currencies
    union all
    select *, {{ no_stake() }} from too_late_usage
    union all
    select *, {{ no_case() }}, {{ no_stake() }} from too_late_lots

)

select * from final
