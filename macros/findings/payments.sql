{#- Payments delivered in the run's month that name no issued invoice, or that come to another sum than is due for a tenant's
    month. They count whichever version they name; of a month whose invoice was voided without a replacement nothing is due. -#}
{% macro findings_of_payments() -%}
{%- set paid = money_text('actual_cents') ~ " || coalesce(' ' || currency, '')" -%}
{%- set due = money_text('expected_cents') ~ " || ' ' || currency" -%}
select
    'payment_mismatch' as rule,
    tenant_id,
    cast(null as varchar) as deployment_id,
    subject,
    expected_cents,
    actual_cents,
    currency,
    {{ paid }} || ' was paid for ' || subject
        || case
            when tenant_id is null
                then ', which was never issued: assign the payment to the right invoice, or refund it.'
            when status = 'void'
                then ', which was voided '
                    || case when is_waiting then 'and whose replacement is a draft' else 'without a replacement' end
                    || '; ' || {{ due }} || ' is due.'
            else '; ' || {{ due }} || ' is due.'
        end
        || case
            when tenant_id is null then ''
            when actual_cents > expected_cents then ' Refund due: ' || {{ money_text('actual_cents - expected_cents') }} || ' ' || currency || '.'
            else ' Missing: ' || {{ money_text('expected_cents - actual_cents') }} || ' ' || currency || '.'
        end as message,
    {{ invoice_stake('tenant_id', 'period', 'actual_cents', 'expected_cents') }} as stake
from (
    select
        payable.tenant_id,
        payable.period,
        coalesce(payable.invoice_id, payments.invoice_id) as subject,
        payable.status,
        case when payable.is_current then payable.total_cents when payable.tenant_id is not null then 0 end as expected_cents,
        payable.currency,
        drafts.tenant_id is not null as is_waiting,
        {{ sum_cents('payments.amount_cents') }} as actual_cents,
        max(payments.known_from) as newest_delivery
    from {{ ref('stg_control_plane__payments') }} as payments
    left join {{ ref('billing__invoices') }} as paid_invoices
        on payments.invoice_id = paid_invoices.invoice_id
        and paid_invoices.status <> 'draft'
        and paid_invoices.period <= {{ run_period() }}
    {#- The newest issued version, or the one that was voided last. #}
    left join (
        select
            *,
            row_number() over (partition by tenant_id, period order by version desc) as recency
        from {{ ref('billing__invoices') }}
        where status <> 'draft'
    ) as payable
        on paid_invoices.tenant_id = payable.tenant_id
        and paid_invoices.period = payable.period
        and payable.recency = 1
    left join {{ ref('billing__invoices') }} as drafts
        on payable.tenant_id = drafts.tenant_id
        and payable.period = drafts.period
        and drafts.status = 'draft'
    where {{ known_at('payments', run_period()) }}
    group by
        payable.tenant_id,
        payable.period,
        coalesce(payable.invoice_id, payments.invoice_id),
        payable.status,
        payable.is_current,
        payable.total_cents,
        payable.currency,
        drafts.tenant_id
) as paid
where newest_delivery = {{ run_period() }}
    and actual_cents is distinct from expected_cents
{%- endmacro %}
