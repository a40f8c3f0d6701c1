{{ config(materialized='by_month') }}
with invoices as (

    select * from {{ ref('billing__invoices') }}

),

tenants as (

    select * from {{ ref('int_tenant_versions') }}

),

tax_rates as (

    select * from {{ ref('ref_tax_rates') }}

),

lines as (

    select
        invoice_id, line_number, tenant_id, period, deployment_id, campaign_id, kind, resource_kind, description,
        quantity, unit, unit_price_cents, amount_cents, billed_days, days_in_period, first_day, source_id,
        adjusts_period, adjusts_kind
    from {{ source('ledger', 'invoice_lines') }}
    union all
    select
        drafts.invoice_id, lines.line_number, lines.tenant_id, lines.period, lines.deployment_id, lines.campaign_id,
        lines.kind, lines.resource_kind, lines.description, lines.quantity, lines.unit, lines.unit_price_cents,
        lines.amount_cents, lines.billed_days, lines.days_in_period, lines.first_day, lines.source_id,
        lines.adjusts_period, lines.adjusts_kind
    from {{ ref('int_expected_invoice_lines') }} as lines
    inner join invoices as drafts
        on lines.tenant_id = drafts.tenant_id
        and lines.period = drafts.period
        and drafts.status = 'draft'

),

{#- What a deployment is called by another tenant is nothing for this one to see. #}
deployments as (

    select * from {{ ref('int_deployment_versions') }}

),

final as (

    select
        lines.invoice_id,
        lines.line_number,
        invoices.is_current,
        lines.tenant_id,
        lines.period,
        lines.deployment_id,
        lines.campaign_id,
        lines.kind,
        lines.resource_kind,
        lines.description,
        lines.quantity,
        lines.unit,
        lines.unit_price_cents,
        lines.amount_cents,
        cast(case when lines.kind = 'tax' then 0 else coalesce(tax_rates.rate, 0) end as decimal(9,6)) as tax_rate,
        lines.billed_days,
        lines.days_in_period,
        lines.first_day,
        lines.source_id,
        lines.adjusts_period,
        lines.adjusts_kind,
        coalesce(
            deployments.display_name, deployments.slug, deployments_then.display_name, deployments_then.slug
        ) as deployment_name
    from lines
    inner join invoices
        on lines.invoice_id = invoices.invoice_id
    left join deployments
        on lines.deployment_id = deployments.deployment_id
        and lines.tenant_id = deployments.tenant_id
        and {{ known_at_or_first('deployments', 'lines.period') }}
    left join deployments as deployments_then
        on lines.adjusts_period is not null
        and lines.deployment_id = deployments_then.deployment_id
        and lines.tenant_id = deployments_then.tenant_id
        and {{ known_at_or_first('deployments_then', 'lines.adjusts_period') }}
    left join tenants
        on lines.tenant_id = tenants.tenant_id
        and {{ known_at_or_first('tenants', 'coalesce(lines.adjusts_period, lines.period)') }}
    left join tax_rates
        on tenants.tax_region = tax_rates.tax_region
        and {{ is_in_force('tax_rates', 'coalesce(lines.adjusts_period, lines.period)') }}

)

select * from final
