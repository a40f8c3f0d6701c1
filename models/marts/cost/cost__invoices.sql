with invoices as (

    select * from {{ ref('int_provider_invoices') }}
    where known_period = {{ horizon() }}

),

lines as (

    select * from {{ ref('int_provider_lines') }}
    where known_period = {{ horizon() }}

),

allocated_lines as (

    select
        invoice_uuid,
        line_number,
        sum(amount) as allocated
    from {{ ref('int_cost_allocations') }}
    where known_period = {{ horizon() }}
    group by invoice_uuid, line_number

),

summed as (

    select
        lines.invoice_uuid,
        sum(lines.amount) as gross,
        sum(case when lines.is_tax then lines.amount else 0 end) as tax,
        sum(case when lines.is_tax then 0 else lines.amount end) as net,
        sum(coalesce(allocated_lines.allocated, 0)) as allocated,
        sum(case
            when lines.is_tax or lines.is_credit or allocated_lines.line_number is not null then 0
            else lines.amount
        end) as unallocated,
        sum(case when lines.is_credit then lines.amount else 0 end) as credits,
        count(*) as line_count,
        count(lines.resource_id) as matched_line_count
    from lines
    left join allocated_lines
        on lines.invoice_uuid = allocated_lines.invoice_uuid
        and lines.line_number = allocated_lines.line_number
    group by lines.invoice_uuid

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
        invoices.currency
    from invoices
    inner join summed
        on invoices.invoice_uuid = summed.invoice_uuid

)

select * from final
