-- The parts of a line are the line, to the last decimal; tax and credits have none.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'cost__allocations'}}}) }}
with allocated as (

    select invoice_uuid, line_number, sum(amount) as allocated
    from {{ ref('cost__allocations') }}
    group by invoice_uuid, line_number

)

select allocated.*, lines.amount
from allocated
left join {{ ref('cost__lines') }} as lines
    on allocated.invoice_uuid = lines.invoice_uuid
    and allocated.line_number = lines.line_number
where allocated.allocated is distinct from lines.amount
    or lines.is_tax
    or lines.is_credit
