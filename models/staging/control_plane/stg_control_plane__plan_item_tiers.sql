select
    plan_version_id,
    resource_kind,
    up_to,
    unit_price_cents,
    flat_fee_cents,
    {{ lineage() }}
from {{ source('raw', 'control_plane__plan_item_tiers') }}
