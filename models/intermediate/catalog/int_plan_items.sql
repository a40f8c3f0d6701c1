select
    plan_version_id,
    resource_kind,
    included_qty,
    overage_price_cents,
    overage_unit,
    unit_factor,
    hard_cap_qty,
    charge_model,
    package_size,
    known_from
from {{ ref('int_plan_items_checked') }}
where fault is null
