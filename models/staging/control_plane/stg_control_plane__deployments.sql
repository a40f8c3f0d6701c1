select
    deployment_id,
    tenant_id,
    slug,
    display_name,
    region,
    llm_mode,
    billing_action_suspended as is_on_hold,
    {{ known_span(['deployment_id']) }}
from {{ source('raw', 'control_plane__deployments') }}
