-- Immutable (R5): the first delivery of a plan version counts.
select
    plan_version_id,
    plan_code,
    version as plan_version,
    base_price_cents,
    currency,
    minimum_cents,
    {{ lineage() }}
from {{ source('raw', 'control_plane__plan_versions') }}
