{{ config(materialized='by_month') }}
{{ sealed_else_expected('usage_allowances', ref('int_expected_usage_allowances'), [
    'period', 'tenant_id', 'deployment_id', 'resource_kind', 'used_qty', 'unbilled_qty', 'non_billable_qty',
    'included_qty', 'addon_qty', 'allowance_qty', 'covered_qty', 'top_up_qty', 'overage_qty', 'capped_qty',
    'unpriced_qty',
]) }}
