select
    seal_number,
    period,
    previous_hash,
    merkle_root,
    audit_hash,
    cast(invoice_count as integer) as invoice_count,
    total_cents,
    sealed_on
from {{ source('ledger', 'seals') }}
