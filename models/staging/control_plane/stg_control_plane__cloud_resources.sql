select
    resource_id,
    deployment_id,
    kind,
    name as resource_name,
    {{ known_span(['resource_id']) }}
from {{ source('raw', 'control_plane__cloud_resources') }}
