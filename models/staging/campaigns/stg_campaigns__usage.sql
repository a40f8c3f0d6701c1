select
    campaign_id,
    event_type,
    quantity,
    occurred_at,
    deduplication_key,
    metadata,
    {{ lineage() }}
from {{ source('raw', 'campaigns__campaign_usage') }}
