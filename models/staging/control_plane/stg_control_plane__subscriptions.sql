select
    subscription_id,
    deployment_id,
    plan_version_id,
    starts_on,
    ends_on,
    {{ known_span(['subscription_id', 'starts_on']) }}
from {{ source('raw', 'control_plane__subscriptions') }}
