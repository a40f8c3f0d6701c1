with invoices as (

    select * from {{ ref('int_provider_invoices') }}

),

lines as (

    select * from {{ ref('int_provider_lines') }}

),

summed as (

    select
        invoice_uuid,
        sum(amount) as gross,
        sum(case when is_tax then amount else 0 end) as tax,
        sum(case when is_tax then 0 else amount end) as net,
        sum(case when not is_tax and not is_credit and deployment_id is not null then amount else 0 end) as allocated,
        sum(case when not is_tax and not is_credit and deployment_id is null then amount else 0 end) as unallocated,
        sum(case when is_credit then amount else 0 end) as credits,
        count(*) as line_count,
        count(resource_id) as matched_line_count
    from lines
    group by invoice_uuid

),

final as (

    select
        invoices.invoice_uuid,
        invoices.period,
        cast(summed.gross as decimal(38,6)) as gross,
        cast(summed.tax as decimal(38,6)) as tax,
        cast(summed.net as decimal(38,6)) as net,
        cast(summed.allocated as decimal(38,6)) as allocated,
        cast(summed.unallocated as decimal(38,6)) as unallocated,
        cast(summed.credits as decimal(38,6)) as credits,
        invoices.summary_total,
        cast(summed.line_count as integer) as line_count,
        cast(summed.matched_line_count as integer) as matched_line_count,
        cast('USD' as varchar) as currency
    from invoices
    inner join summed
        on invoices.invoice_uuid = summed.invoice_uuid

)

select * from final
