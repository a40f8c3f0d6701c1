{{ config(materialized='kept', made_by='period') }}
with charges as (

    select * from {{ ref('int_invoice_charges') }}

),

tax_lines as (

    select * from {{ ref('int_tax_lines') }}

),

line_kinds as (

    select * from {{ ref('ref_line_kinds') }}

),

lines as (

    select
        period, tenant_id, deployment_id, campaign_id, kind, resource_kind, description, quantity, unit,
        unit_price_cents, amount_cents, billed_days, days_in_period, first_day, source_id,
        adjusts_period, adjusts_kind
    from charges
    union all
    select
        period, tenant_id, null, null, 'tax', null, description, null, null,
        null, amount_cents, null, null, null, null,
        null, null
    from tax_lines

),

final as (

    select
        lines.period,
        lines.tenant_id,
        cast(row_number() over (
            partition by lines.period, lines.tenant_id
            order by
                lines.deployment_id nulls last,
                line_kinds.position,
                lines.resource_kind nulls last,
                lines.first_day nulls last,
                lines.adjusts_period nulls last,
                adjusted_kinds.position nulls last,
                lines.source_id nulls last,
                lines.description
        ) as integer) as line_number,
        lines.deployment_id,
        lines.campaign_id,
        lines.kind,
        lines.resource_kind,
        lines.description,
        cast(lines.quantity as decimal(38,15)) as quantity,
        lines.unit,
        cast(lines.unit_price_cents as decimal(15,6)) as unit_price_cents,
        lines.amount_cents,
        lines.billed_days,
        lines.days_in_period,
        lines.first_day,
        lines.source_id,
        lines.adjusts_period,
        lines.adjusts_kind
    from lines
    inner join line_kinds
        on lines.kind = line_kinds.kind
    left join line_kinds as adjusted_kinds
        on lines.adjusts_kind = adjusted_kinds.kind

)

select * from final
