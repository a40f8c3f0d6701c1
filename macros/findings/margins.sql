{#- What deployments cost against what they earned (R19): of the run's month, and of the deployments on an earlier month's
    provider invoice that came only now. -#}
{% macro findings_of_margins() -%}
select rule, tenant_id, deployment_id, subject, expected_cents, actual_cents, currency, message, stake
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

{#- Without a rate it has no cents: they are in the amount that the missing rate leaves out. #}
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
            || ', and the deployment earned nothing: delete it or bill it.' as message,
        {{ margin_stake('resource_costs.period', 'resource_costs.deployment_id') }} as stake
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
            || {{ month_text('earnings.period') }} || ': a margin of ' || {{ money_text('margins.margin_cents') }} || '.' as message,
        {{ margin_stake('earnings.period', 'earnings.deployment_id') }} as stake
    from margins_by_deployment as margins
    inner join earnings
        on margins.period = earnings.period
        and margins.deployment_id = earnings.deployment_id
        and earnings.left_out_count = 0
    cross join run
    where margins.margin_cents < -1 * {{ threshold('negative_margin', 'greatest_loss_cents') }}

),

left_out as (

    select
        amounts.prefix,
        amounts.period,
        amounts.currency as from_currency,
        run.reporting_currency as to_currency,
        count(distinct amounts.deployment_id) as deployment_count,
        cast(sum(case when amounts.side = 'revenue' then amounts.amount_parts else 0 end) as decimal(38,0)) as revenue_parts,
        cast(sum(case when amounts.side = 'cost' then amounts.amount_parts else 0 end) as decimal(38,0)) as cost_parts
    from amounts_looked_at as amounts
    cross join run
    where amounts.rate is null
    group by amounts.prefix, amounts.period, amounts.currency, run.reporting_currency

),

nearest_rates as (

    {{ nearest_rates('left_out') }}

),

left_out_cents as (

    select
        left_out.*,
        nearest_rates.rate_period,
        {{ parts_cents('(left_out.revenue_parts - left_out.cost_parts) * ' ~ rate_parts('cast(1 as decimal(18,9))')) }} as margin_cents,
        {{ parts_cents('(left_out.revenue_parts - left_out.cost_parts) * ' ~ rate_parts('nearest_rates.rate')) }} as estimated_cents
    from left_out
    left join nearest_rates
        on left_out.period = nearest_rates.period
        and left_out.from_currency = nearest_rates.from_currency
        and left_out.to_currency = nearest_rates.to_currency

),

missing_rates as (

    select
        'fx_missing' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        prefix || 'margins ' || from_currency as subject,
        margin_cents as expected_cents,
        cast(0 as bigint) as actual_cents,
        from_currency as currency,
        'There is no rate from ' || from_currency || ' to ' || to_currency || ' for ' || {{ month_text('period') }}
            || ': revenue of ' || {{ amount_text(parts_amount('revenue_parts')) }} || ' and cost of '
            || {{ amount_text(parts_amount('cost_parts')) }} || ' ' || from_currency || ' are left out of the margins of '
            || cast(deployment_count as varchar) || case when deployment_count = 1 then ' deployment' else ' deployments' end
            || ', a margin of ' || {{ money_text('margin_cents') }} || ' ' || from_currency
            || {{ rate_text('estimated_cents', 'to_currency', 'rate_period') }} || '.' as message,
        cast(null as varchar) as stake
    from left_out_cents

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
