select
    top_up_id,
    deployment_id,
    resource_kind,
    qty as lot_qty,
    price_cents,
    purchased_at,
    expires_on,
    {{ known_span(['top_up_id']) }}
from {{ source('raw', 'control_plane__top_ups') }}
