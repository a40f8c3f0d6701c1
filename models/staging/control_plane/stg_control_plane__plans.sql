select
    plan_code,
    name as plan_name,
    {{ known_span(['plan_code']) }}
from {{ source('raw', 'control_plane__plans') }}
