{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{{ delete_stale_deliveries('llm_usage') }}"
) }}
{{ duplicate_events(
    ref('stg_llm_usage__charges'), 'llm_usage', 'gateway_request_id',
    ['tenant_id', 'deployment_id', 'charge', 'currency', 'occurred_at', 'model', 'input_tokens', 'output_tokens']
) }}
