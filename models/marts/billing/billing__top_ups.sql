select
    top_up_id,
    deployment_id,
    resource_kind,
    cast(lot_qty as decimal(27,9)) as lot_qty,
    price_cents,
    purchased_at,
    expires_on
from {{ ref('stg_control_plane__top_ups') }} as stg_control_plane__top_ups
where {{ known_at('stg_control_plane__top_ups', horizon()) }}
