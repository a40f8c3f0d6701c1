select
    tenant_id,
    month as period,
    subtotal_cents,
    tax_cents,
    total_cents,
    {{ known_span(['tenant_id', 'month']) }}
from {{ source('raw', 'billed_invoices') }}
