-- Invoices that wait (R13). Which of them are sealed by now only the books know: they leave those out.
with expected_invoices as (

    select * from {{ ref('int_expected_invoices') }}
    where period = {{ run_period() }}

),

final as (

    select
        'held_invoice' as rule,
        tenant_id,
        cast(null as varchar) as deployment_id,
        invoice_id as subject,
        {{ no_cents() }},
        'The invoice of ' || tenant_id || ' over ' || {{ money_text('total_cents') }} || ' ' || currency
            || ' is not issued: '
            || coalesce(held_because, 'its month was sealed without it, run the month again') || '.' as message
    from expected_invoices
    where is_held
        or held_because is null

)

select * from final
