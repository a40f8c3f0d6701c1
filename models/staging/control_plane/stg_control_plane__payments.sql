select
    payment_id,
    invoice_id,
    amount_cents,
    paid_at,
    {{ known_span(['payment_id']) }}
from {{ source('raw', 'control_plane__payments') }}
