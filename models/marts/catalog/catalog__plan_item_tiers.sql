select
    plan_version_id,
    resource_kind,
    tier_number,
    qty_from,
    qty_until,
    unit_price_cents,
    flat_fee_cents
from {{ ref('int_plan_item_tiers') }}
