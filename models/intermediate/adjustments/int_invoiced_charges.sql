with rated_periods as (

    select * from {{ ref('int_rated_periods') }}
    where purpose <> 'invoice'

),

voided as (

    select invoice_id
    from {{ source('carried', 'invoices') }}
    where status = 'void'

),

current_lines as (

    select lines.*
    from {{ source('carried', 'invoice_lines') }} as lines
    left join voided
        on lines.invoice_id = voided.invoice_id
    where voided.invoice_id is null
        and lines.kind <> 'tax'
        and lines.period >= (select min(period) from rated_periods)

),

invoiced as (

    select period, tenant_id, deployment_id, campaign_id, kind, resource_kind, amount_cents
    from current_lines
    where kind <> 'adjustment'
    union all
    select adjusts_period, tenant_id, deployment_id, campaign_id, adjusts_kind, resource_kind, amount_cents
    from current_lines
    where kind = 'adjustment'

),

final as (

    select
        invoiced.period,
        invoiced.tenant_id,
        invoiced.deployment_id,
        invoiced.campaign_id,
        invoiced.kind,
        invoiced.resource_kind,
        {{ sum_cents('invoiced.amount_cents') }} as amount_cents
    from invoiced
    inner join rated_periods
        on invoiced.period = rated_periods.period
    group by
        invoiced.period,
        invoiced.tenant_id,
        invoiced.deployment_id,
        invoiced.campaign_id,
        invoiced.kind,
        invoiced.resource_kind

)

select * from final
