select
    event_id,
    deployment_id,
    resource_kind,
    quantity,
    measured_at,
    resource_name,
    capability,
    billable as is_billable,
    {{ lineage() }}
from {{ source('raw', 'metering') }}
