{#- Allowances that shrank without a plan change. -#}
{% macro findings_of_entitlements() -%}
select
    'entitlement_regression' as rule,
    tenant_id,
    deployment_id,
    resource_kind as subject,
    {{ no_cents() }},
    'The allowance of ' || resource_kind || ' of deployment ' || deployment_id || ' fell from '
        || {{ decimal_text('previous_allowance_qty') }} || ' to ' || {{ decimal_text('allowance_qty') }}
        || ' without a change of plan.' as message
from {{ ref('reconciliation__entitlement_matrix') }}
where period = {{ run_period() }}
    and has_shrunk
{%- endmacro %}
