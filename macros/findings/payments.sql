{#- Payments delivered in the run's month for invoices that do not exist, or that come to another sum than the invoice. -#}
{% macro findings_of_payments() -%}
select
    'payment_mismatch' as rule,
    tenant_id,
    cast(null as varchar) as deployment_id,
    subject,
    expected_cents,
    actual_cents,
    currency,
    case
        when tenant_id is null
            then 'Payments of ' || {{ money_text('actual_cents') }} || ' name the invoice ' || subject || ', which was never issued.'
        else 'Payments of ' || {{ money_text('actual_cents') }} || ' for ' || subject || ', which is over '
            || {{ money_text('expected_cents') }} || '.'
    end as message,
    {{ invoice_stake('tenant_id', 'period', 'actual_cents', 'expected_cents') }} as stake
from (
    select
        current_invoices.tenant_id,
        current_invoices.period,
        coalesce(current_invoices.invoice_id, payments.invoice_id) as subject,
        current_invoices.total_cents as expected_cents,
        current_invoices.currency,
        {{ sum_cents('payments.amount_cents') }} as actual_cents,
        max(payments.known_from) as newest_delivery
    from {{ ref('stg_control_plane__payments') }} as payments
    left join {{ ref('billing__invoices') }} as paid_invoices
        on payments.invoice_id = paid_invoices.invoice_id
        and paid_invoices.status <> 'draft'
        and paid_invoices.period <= {{ run_period() }}
    left join {{ ref('billing__invoices') }} as current_invoices
        on paid_invoices.tenant_id = current_invoices.tenant_id
        and paid_invoices.period = current_invoices.period
        and current_invoices.is_current
    where {{ known_at('payments', run_period()) }}
    group by
        current_invoices.tenant_id,
        current_invoices.period,
        coalesce(current_invoices.invoice_id, payments.invoice_id),
        current_invoices.total_cents,
        current_invoices.currency
) as paid
where newest_delivery = {{ run_period() }}
    and actual_cents is distinct from expected_cents
{%- endmacro %}
