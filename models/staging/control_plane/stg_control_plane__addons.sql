select
    addon_code,
    name as addon_name,
    resource_kind,
    qty as addon_qty,
    price_cents,
    {{ known_span(['addon_code']) }}
from {{ source('raw', 'control_plane__addons') }}
