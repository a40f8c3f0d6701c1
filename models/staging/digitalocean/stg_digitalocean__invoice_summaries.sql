select
    invoice_uuid,
    billing_period,
    amount as summary_total,
    taxes_amount,
    credits_amount,
    {{ lineage() }}
from {{ source('raw', 'digitalocean_summaries') }}
