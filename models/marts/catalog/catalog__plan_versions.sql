select
    versions.plan_version_id,
    versions.plan_code,
    plans.plan_name,
    versions.plan_version,
    versions.base_price_cents,
    versions.currency,
    versions.minimum_cents
from {{ ref('int_plan_versions') }} as versions
left join {{ ref('stg_control_plane__plans') }} as plans
    on versions.plan_code = plans.plan_code
    and {{ known_at('plans', horizon()) }}
