-- What is published of a sealed invoice is what was sealed, and every sealed invoice is published.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'billing__invoices'}}}) }}
select
    sealed.invoice_id,
    sealed.total_cents,
    published.total_cents as published_total_cents
from {{ source('ledger', 'invoices') }} as sealed
left join {{ ref('billing__invoices') }} as published
    on sealed.invoice_id = published.invoice_id
where sealed.total_cents is distinct from published.total_cents
    or sealed.subtotal_cents is distinct from published.subtotal_cents
    or sealed.tax_cents is distinct from published.tax_cents
