with rated_periods as (

    select * from {{ ref('int_rated_periods') }}
    where purpose <> 'invoice'

),

voided as (

    select invoice_id
    from {{ source('carried', 'invoices') }}
    where status = 'void'

),

issued as (

    select invoice_id, currency
    from {{ source('carried', 'invoices') }}
    where status = 'issued'

),

current_lines as (

    select
        lines.*,
        issued.currency
    from {{ source('carried', 'invoice_lines') }} as lines
    inner join issued
        on lines.invoice_id = issued.invoice_id
    left join voided
        on lines.invoice_id = voided.invoice_id
    where voided.invoice_id is null
        and lines.kind <> 'tax'
        and lines.period >= (select min(period) from rated_periods)

),

invoiced as (

    select period, tenant_id, deployment_id, campaign_id, kind, resource_kind, amount_cents, currency
    from current_lines
    where kind <> 'adjustment'
    union all
    select adjusts_period, tenant_id, deployment_id, campaign_id, adjusts_kind, resource_kind, amount_cents, currency
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
        {{ sum_cents('invoiced.amount_cents') }} as amount_cents,
        string_agg(distinct invoiced.currency, ' and ' order by invoiced.currency) as currency
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
