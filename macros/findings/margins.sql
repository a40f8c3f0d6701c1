{#- What deployments cost against what they earned (R19): of the run's month, and of the deployments on an earlier month's
    provider invoice that came only now. -#}
{% macro findings_of_margins() -%}
select rule, tenant_id, deployment_id, subject, expected_cents, actual_cents, currency, message
from (

with allocations as (

    select
        *,
        {{ earlier_month('period') }} as prefix
    from {{ ref('int_cost_allocations') }}
    where known_period = {{ run_period() }}
        and reported_in = {{ run_period() }}

),

periods as (

    select {{ run_period() }} as period
    union
    select period from allocations

),

amounts as (

    {{ margin_amounts(run_period(), 'periods') }}

),

lines as (

    select * from {{ ref('int_provider_lines') }}
    where known_period = {{ run_period() }}

),

run as (

    select * from {{ source('control', 'run') }}

),

looked_at as (

    select distinct
        amounts.period,
        amounts.deployment_id,
        {{ earlier_month('amounts.period') }} as prefix
    from amounts
    left join allocations
        on amounts.period = allocations.period
        and amounts.deployment_id = allocations.deployment_id
    where amounts.period = {{ run_period() }}
        or (amounts.period < {{ run_period() }} and allocations.deployment_id is not null)

),

amounts_looked_at as (

    select
        amounts.*,
        looked_at.prefix
    from amounts
    inner join looked_at
        on amounts.period = looked_at.period
        and amounts.deployment_id = looked_at.deployment_id

),

earnings as (

    select
        period,
        deployment_id,
        sum(case when side = 'revenue' then amount_parts else 0 end) as revenue_parts,
        count(*) filter (where rate is null) as left_out_count,
        coalesce(max(case when side = 'cost' then tenant_id end), max(tenant_id)) as tenant_id
    from amounts_looked_at
    group by period, deployment_id

),

margins as (

    {{ deployment_margins('amounts_looked_at') }}

),

margins_by_deployment as (

    select
        period,
        deployment_id,
        {{ sum_cents('revenue_cents') }} as revenue_cents,
        {{ sum_cents('cost_cents') }} as cost_cents,
        {{ sum_cents('margin_cents') }} as margin_cents
    from margins
    group by period, deployment_id

),

resource_costs as (

    select
        allocations.period,
        allocations.prefix,
        allocations.tenant_id,
        allocations.deployment_id,
        coalesce(lines.kind, lines.matched_kind) as kind,
        lower(lines.matched_name) as match_name,
        min(lines.matched_name) as resource_name,
        allocations.currency,
        allocations.reporting_rate,
        sum(allocations.amount) as amount
    from allocations
    inner join lines
        on allocations.invoice_uuid = lines.invoice_uuid
        and allocations.line_number = lines.line_number
    where lines.resource_id is not null
    group by
        allocations.period,
        allocations.prefix,
        allocations.tenant_id,
        allocations.deployment_id,
        coalesce(lines.kind, lines.matched_kind),
        lower(lines.matched_name),
        allocations.currency,
        allocations.reporting_rate

),

idle_cost as (

    select
        'idle_cost' as rule,
        resource_costs.tenant_id,
        resource_costs.deployment_id,
        resource_costs.prefix || resource_costs.kind || ' ' || resource_costs.match_name as subject,
        cast(0 as bigint) as expected_cents,
        {{ reporting_cents('resource_costs.amount', 'resource_costs.reporting_rate') }} as actual_cents,
        {{ reporting_currency() }} as currency,
        'The ' || replace(resource_costs.kind, '_', ' ') || ' ' || resource_costs.resource_name || ' of deployment '
            || resource_costs.deployment_id || ' cost ' || {{ amount_text('resource_costs.amount') }} || ' '
            || resource_costs.currency || ' in ' || {{ month_text('resource_costs.period') }}
            || ', and the deployment earned nothing: delete it or bill it.' as message
    from resource_costs
    left join earnings
        on resource_costs.period = earnings.period
        and resource_costs.deployment_id = earnings.deployment_id
    where resource_costs.amount > 0
        and coalesce(earnings.revenue_parts, 0) <= 0

),

negative_margin as (

    select
        'negative_margin' as rule,
        earnings.tenant_id,
        earnings.deployment_id,
        {{ earlier_month('earnings.period') }} || earnings.deployment_id as subject,
        margins.cost_cents as expected_cents,
        margins.revenue_cents as actual_cents,
        run.reporting_currency as currency,
        'Deployment ' || earnings.deployment_id || ' earned ' || {{ money_text('margins.revenue_cents') }} || ' and cost '
            || {{ money_text('margins.cost_cents') }} || ' ' || run.reporting_currency || ' in '
            || {{ month_text('earnings.period') }} || ': a margin of ' || {{ money_text('margins.margin_cents') }} || '.' as message
    from margins_by_deployment as margins
    inner join earnings
        on margins.period = earnings.period
        and margins.deployment_id = earnings.deployment_id
        and earnings.left_out_count = 0
    cross join run
    where margins.margin_cents < {{ threshold('negative_margin', 'least_cents') }}

),

missing_rates as (

    select
        'fx_missing' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        amounts.prefix || 'margins ' || amounts.currency as subject,
        {{ no_cents() }},
        'There is no rate from ' || amounts.currency || ' to ' || max(run.reporting_currency) || ' for '
            || {{ month_text('amounts.period') }} || ': revenue of '
            || {{ amount_text(parts_amount("sum(case when amounts.side = 'revenue' then amounts.amount_parts else 0 end)")) }}
            || ' and cost of '
            || {{ amount_text(parts_amount("sum(case when amounts.side = 'cost' then amounts.amount_parts else 0 end)")) }}
            || ' ' || amounts.currency || ' are left out of the margins of ' || cast(count(distinct amounts.deployment_id) as varchar)
            || case when count(distinct amounts.deployment_id) = 1 then ' deployment.' else ' deployments.' end as message
    from amounts_looked_at as amounts
    cross join run
    where amounts.rate is null
    group by amounts.prefix, amounts.period, amounts.currency

),

final as (

    select * from idle_cost
    union all
    select * from negative_margin
    union all
    select * from missing_rates

)

select * from final

) as findings_of_margins
{%- endmacro %}
