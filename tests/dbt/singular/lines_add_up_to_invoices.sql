-- Subtotal, tax and total of every invoice are the sums of its lines; void ones have none left to show.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'billing__invoices'}}}) }}
with summed as (

    select
        invoice_id,
        sum(case when kind = 'tax' then 0 else amount_cents end) as subtotal_cents,
        sum(case when kind = 'tax' then amount_cents else 0 end) as tax_cents
    from {{ ref('billing__invoice_lines') }}
    group by invoice_id

)

select
    invoices.invoice_id,
    invoices.subtotal_cents,
    summed.subtotal_cents as lines_subtotal_cents
from {{ ref('billing__invoices') }} as invoices
left join summed
    on invoices.invoice_id = summed.invoice_id
where invoices.subtotal_cents is distinct from summed.subtotal_cents
    or invoices.tax_cents is distinct from summed.tax_cents
    or invoices.total_cents <> invoices.subtotal_cents + invoices.tax_cents
