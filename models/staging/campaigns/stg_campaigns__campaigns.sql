select
    campaign_id,
    tenant_id,
    name as campaign_name,
    pricing_model,
    starts_on,
    ends_on,
    bundle_id,
    bundle_share,
    committed_seats,
    seat_price_cents,
    credit_allocation,
    credit_consumption_rate,
    credit_price_cents,
    outcome_price_cents,
    session_price_cents,
    custom_amount_cents,
    {{ known_span(['campaign_id']) }}
from {{ source('raw', 'campaigns__campaigns') }}
