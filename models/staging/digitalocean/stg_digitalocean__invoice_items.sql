select
    invoice_uuid,
    item_number,
    resource_uuid,
    product,
    group_description,
    description,
    amount,
    duration,
    duration_unit,
    start_time as started_at,
    end_time as ended_at,
    {{ lineage() }}
from {{ source('raw', 'digitalocean_items') }}
