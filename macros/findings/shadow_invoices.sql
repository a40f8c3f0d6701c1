{#- What another system billed, where it is not what was invoiced here. -#}
{% macro findings_of_shadow_invoices() -%}
select
    verdict as rule,
    tenant_id,
    cast(null as varchar) as deployment_id,
    {{ month_text('invoice_period') }} as subject,
    coalesce(expected_total_cents, 0) as expected_cents,
    coalesce(billed_total_cents, 0) as actual_cents,
    currency,
    'For ' || {{ month_text('invoice_period') }} || ' the other system billed ' || tenant_id || ' '
        || coalesce({{ money_text('billed_total_cents') }}, 'nothing') || ', the invoice here is '
        || coalesce({{ money_text('expected_total_cents') }} || ' ' || currency, 'none')
        || coalesce(': ' || explanation, '') || '.' as message,
    {{ invoice_stake('tenant_id', 'invoice_period', 'coalesce(billed_total_cents, 0)', 'coalesce(expected_total_cents, 0)') }} as stake
from {{ ref('reconciliation__shadow_invoices') }}
where period = {{ run_period() }}
    and verdict <> 'ok'
{%- endmacro %}
