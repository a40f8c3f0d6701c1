select
    plan_version_id,
    resource_kind,
    included_qty,
    overage_price_cents,
    overage_unit,
    hard_cap_qty,
    charge_model,
    package_size,
    {{ lineage() }}
from {{ source('raw', 'control_plane__plan_items') }}
