select
    gateway_request_id,
    tenant_id,
    deployment_id,
    charge,
    currency,
    occurred_at,
    model,
    input_tokens,
    output_tokens,
    {{ lineage() }}
from {{ source('raw', 'llm_usage') }}
