{{ config(materialized='kept', made_by='period') }}
with billed as (

    select * from {{ ref('stg_billed_invoices__invoices') }} as stg_billed_invoices__invoices
    where {{ known_at('stg_billed_invoices__invoices', run_period()) }}

),

{#- What was told in this month's delivery is compared now, whole months at a time. #}
compared_months as (

    select distinct period as invoice_period
    from billed
    where known_from = {{ run_period() }}
        and period <= {{ run_period() }}

),

invoices as (

    select invoices.*
    from {{ ref('billing__invoices') }} as invoices
    inner join compared_months
        on invoices.period = compared_months.invoice_period
    where invoices.is_current

),

lines as (

    select lines.*
    from {{ ref('billing__invoice_lines') }} as lines
    inner join compared_months
        on lines.period = compared_months.invoice_period
    where lines.is_current
        and lines.kind <> 'tax'

),

billed_in_months as (

    select billed.*
    from billed
    inner join compared_months
        on billed.period = compared_months.invoice_period

),

compared as (

    select
        coalesce(invoices.period, billed.period) as invoice_period,
        coalesce(invoices.tenant_id, billed.tenant_id) as tenant_id,
        invoices.currency,
        invoices.subtotal_cents as expected_subtotal_cents,
        billed.subtotal_cents as billed_subtotal_cents,
        invoices.total_cents as expected_total_cents,
        billed.total_cents as billed_total_cents,
        coalesce(billed.subtotal_cents, 0) - coalesce(invoices.subtotal_cents, 0) as subtotal_delta_cents
    from invoices
    full outer join billed_in_months as billed
        on invoices.tenant_id = billed.tenant_id
        and invoices.period = billed.period

),

{#- A line that was forgotten, all lines of a kind, or a recurring line billed for the whole month. #}
candidates as (

    select
        tenant_id, period, 1 as preference, description || ' was left out' as explanation,
        -1 * amount_cents as explains_cents
    from lines
    union all
    select
        tenant_id, period, 2, 'every line of kind ' || kind || ' was left out',
        -1 * {{ sum_cents('amount_cents') }}
    from lines
    group by tenant_id, period, kind
    union all
    select
        tenant_id, period, 3, description || ' was billed for the whole month',
        cast(unit_price_cents - amount_cents as bigint)
    from lines
    where kind in ('plan_base', 'addon')

),

explained as (

    select
        compared.tenant_id,
        compared.invoice_period,
        candidates.explanation,
        row_number() over (
            partition by compared.tenant_id, compared.invoice_period
            order by candidates.preference, candidates.explanation
        ) as place
    from compared
    inner join candidates
        on compared.tenant_id = candidates.tenant_id
        and compared.invoice_period = candidates.period
        and compared.subtotal_delta_cents = candidates.explains_cents
    where compared.subtotal_delta_cents <> 0
        and compared.billed_total_cents is not null

),

final as (

    select
        {{ run_period() }} as period,
        compared.invoice_period,
        compared.tenant_id,
        compared.currency,
        compared.expected_subtotal_cents,
        compared.billed_subtotal_cents,
        compared.expected_total_cents,
        compared.billed_total_cents,
        coalesce(compared.billed_total_cents, 0) - coalesce(compared.expected_total_cents, 0) as delta_cents,
        case
            when compared.billed_total_cents is null then 'missing_invoice'
            when compared.expected_total_cents is null then 'unexpected_invoice'
            when compared.billed_total_cents < compared.expected_total_cents then 'undercharge'
            when compared.billed_total_cents > compared.expected_total_cents then 'overcharge'
            else 'ok'
        end as verdict,
        explained.explanation
    from compared
    left join explained
        on compared.tenant_id = explained.tenant_id
        and compared.invoice_period = explained.invoice_period
        and explained.place = 1

)

select * from final
