{#- What deployments earned and what they cost, per currency, as known at a month; the fx rate is empty where there is
    none. Of all periods, or of those that a relation names. Revenue is what current invoices say, drafts too, but for tax; an adjustment counts where it stands.
    Grain is one row per period, tenant, deployment, resource kind, currency and side. -#}
{% macro margin_amounts(known_period, periods=none) -%}
select
    revenue.period,
    revenue.tenant_id,
    revenue.deployment_id,
    revenue.resource_kind,
    'revenue' as side,
    revenue.currency,
    cast(revenue.amount_cents as decimal(38,0)) * 10000 as amount_parts,
    case when revenue.currency = run.reporting_currency then cast(1 as decimal(18,9)) else fx_rates.rate end as rate
from (
    select
        lines.period,
        lines.tenant_id,
        lines.deployment_id,
        lines.resource_kind,
        invoices.currency,
        sum(lines.amount_cents) as amount_cents
    from {{ ref('billing__invoice_lines') }} as lines
    inner join {{ ref('billing__invoices') }} as invoices
        on lines.invoice_id = invoices.invoice_id
    where lines.is_current
        and lines.kind <> 'tax'
        and lines.deployment_id is not null
        {%- if periods %}
        and lines.period in (select period from {{ periods }})
        {%- endif %}
    group by lines.period, lines.tenant_id, lines.deployment_id, lines.resource_kind, invoices.currency
) as revenue
cross join {{ source('control', 'run') }} as run
left join {{ ref('stg_control_plane__fx_rates') }} as fx_rates
    on revenue.period = fx_rates.period
    and revenue.currency = fx_rates.from_currency
    and run.reporting_currency = fx_rates.to_currency
    and {{ known_at('fx_rates', known_period) }}
union all
select
    period,
    tenant_id,
    deployment_id,
    resource_kind,
    'cost',
    currency,
    cast(sum({{ amount_parts('amount') }}) as decimal(38,0)),
    reporting_rate
from {{ ref('int_cost_allocations') }}
where known_period = {{ known_period }}
    {%- if periods %}
    and period in (select period from {{ periods }})
    {%- endif %}
group by period, tenant_id, deployment_id, resource_kind, currency, reporting_rate
{%- endmacro %}

{#- These amounts in cents of the reporting currency, those without a rate left out; each side rounded once per row.
    Grain is one row per period, tenant, deployment and resource kind. -#}
{% macro deployment_margins(amounts) -%}
select
    period,
    tenant_id,
    deployment_id,
    resource_kind,
    revenue_cents,
    cost_cents,
    revenue_cents - cost_cents as margin_cents
from (
    select
        period,
        tenant_id,
        deployment_id,
        resource_kind,
        {{ parts_cents("sum(case when side = 'revenue' then amount_parts * " ~ rate_parts('rate') ~ " else 0 end)") }} as revenue_cents,
        {{ parts_cents("sum(case when side = 'cost' then amount_parts * " ~ rate_parts('rate') ~ " else 0 end)") }} as cost_cents
    from {{ amounts }}
    where rate is not null
    group by period, tenant_id, deployment_id, resource_kind
) as summed
{%- endmacro %}
