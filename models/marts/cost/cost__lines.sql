select
    invoice_uuid,
    period,
    line_number,
    product,
    kind,
    description,
    resource_name,
    resource_id,
    matched_by,
    deployment_id,
    is_tax,
    is_credit,
    amount,
    hours,
    started_at,
    ended_at,
    project_name
from {{ ref('int_provider_lines') }}
where known_period = {{ horizon() }}
