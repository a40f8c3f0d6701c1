select
    invoice_uuid,
    period,
    line_number,
    deployment_id,
    tenant_id,
    resource_kind,
    amount,
    basis
from {{ ref('int_cost_allocations') }}
where known_period = {{ horizon() }}
