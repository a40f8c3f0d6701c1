select
    tenant_id,
    name as tenant_name,
    currency,
    tax_region,
    abn,
    email,
    {{ known_span(['tenant_id']) }}
from {{ source('raw', 'control_plane__tenants') }}
