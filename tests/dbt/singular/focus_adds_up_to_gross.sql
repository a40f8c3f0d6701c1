-- The sum of BilledCost per InvoiceId is what is to be paid.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'cost__focus'}}}) }}
with billed as (

    select "InvoiceId" as invoice_uuid, sum("BilledCost") as billed_cost
    from {{ ref('cost__focus') }}
    group by "InvoiceId"

)

select invoices.invoice_uuid, invoices.gross, billed.billed_cost
from {{ ref('cost__invoices') }} as invoices
full join billed
    on invoices.invoice_uuid = billed.invoice_uuid
where invoices.gross is distinct from billed.billed_cost
