select
    bundle_id,
    tenant_id,
    name as bundle_name,
    price_cents,
    status,
    starts_on,
    ends_on,
    {{ known_span(['bundle_id']) }}
from {{ source('raw', 'campaigns__bundles') }}
