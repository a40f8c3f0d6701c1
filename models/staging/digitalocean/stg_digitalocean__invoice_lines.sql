select
    invoice_uuid,
    product,
    group_description,
    description,
    hours,
    "start" as started_at,
    "end" as ended_at,
    "USD" as amount,
    project_name,
    category,
    {{ lineage() }}
from {{ source('raw', 'digitalocean_invoices') }}
