select
    addon_code,
    addon_name,
    resource_kind,
    cast(addon_qty as decimal(27,9)) as addon_qty,
    price_cents
from {{ ref('stg_control_plane__addons') }}
where {{ known_at('stg_control_plane__addons', horizon()) }}
