select
    subscription_addon_id,
    subscription_id,
    addon_code,
    resource_kind,
    qty as addon_qty,
    price_cents,
    attached_on,
    detached_on,
    {{ known_span(['subscription_addon_id']) }}
from {{ source('raw', 'control_plane__subscription_addons') }}
