{{ config(materialized='kept', made_by='llm_usage') }}
{#- A charge without a currency is in its tenant's: said and left unsaid, it is the same content. #}
{% set charges -%}
(
    select
        charges.delivery_period, charges.source_file, charges.source_row, charges.gateway_request_id,
        charges.tenant_id, charges.deployment_id, charges.charge, coalesce(charges.currency, tenants.currency) as currency,
        charges.occurred_at, charges.model, charges.input_tokens, charges.output_tokens
    from {{ ref('stg_llm_usage__charges') }} as charges
    left join {{ ref('int_tenant_versions') }} as tenants
        on charges.tenant_id = tenants.tenant_id
        and {{ known_at('tenants', run_period()) }}
)
{%- endset %}
{{ duplicate_events(
    charges, 'llm_usage', 'gateway_request_id',
    content=['tenant_id', 'deployment_id', 'charge', 'currency', 'occurred_at', 'model', 'input_tokens', 'output_tokens'],
    previous=['tenant_id', 'deployment_id', 'charge', 'currency']
) }}
