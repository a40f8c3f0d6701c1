select
    event_id,
    deployment_id,
    from_state,
    to_state,
    occurred_at,
    actor,
    {{ known_span(['event_id']) }}
from {{ source('raw', 'control_plane__deployment_events') }}
