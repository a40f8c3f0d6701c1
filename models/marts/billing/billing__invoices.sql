with run as (

    select * from {{ source('control', 'run') }}

),

sealed_entries as (

    select
        *,
        row_number() over (partition by invoice_id order by seal_number desc) as recency
    from {{ source('ledger', 'invoices') }}

),

sealed as (

    select
        *,
        status = 'issued' and version = max(version) over (partition by tenant_id, period) as is_current
    from sealed_entries
    where recency = 1

),

drafts as (

    select expected.*
    from {{ ref('int_expected_invoices') }} as expected
    left join sealed
        on expected.tenant_id = sealed.tenant_id
        and expected.period = sealed.period
        and sealed.is_current
    where sealed.tenant_id is null

),

paid as (

    select
        sealed.tenant_id,
        sealed.period,
        {{ sum_cents('payments.amount_cents') }} as paid_cents
    from {{ ref('stg_control_plane__payments') }} as payments
    inner join sealed
        on payments.invoice_id = sealed.invoice_id
    left join {{ local_day_of('payments.paid_at', 'paid_days') }}
    cross join run
    where payments.known_until is null
        and coalesce(paid_days.local_on, cast(payments.paid_at as date)) <= run.as_of
    group by sealed.tenant_id, sealed.period

),

books as (

    select
        sealed.invoice_id,
        sealed.tenant_id,
        sealed.period,
        sealed.version,
        sealed.is_current,
        sealed.document_type,
        case
            when sealed.status = 'issued' and sealed.is_current and sealed.total_cents > 0
                and paid.paid_cents >= sealed.total_cents
                then 'paid'
            else sealed.status
        end as status,
        sealed.currency,
        sealed.subtotal_cents,
        sealed.tax_cents,
        sealed.total_cents,
        sealed.issued_on,
        sealed.seal_number
    from sealed
    left join paid
        on sealed.tenant_id = paid.tenant_id
        and sealed.period = paid.period
    union all
    select
        invoice_id,
        tenant_id,
        period,
        version,
        true,
        document_type,
        'draft',
        currency,
        subtotal_cents,
        tax_cents,
        total_cents,
        cast(null as date),
        cast(null as integer)
    from drafts

),

{#- What a tenant is called is no part of a seal: an invoice keeps the name that was known at its month. #}
tenants as (

    select * from {{ ref('int_tenant_versions') }}

),

final as (

    select
        books.*,
        tenants.tenant_name,
        tenants.abn as tenant_abn,
        tenants.email as tenant_email
    from books
    left join tenants
        on books.tenant_id = tenants.tenant_id
        and {{ known_at_or_first('tenants', 'books.period') }}

)

select * from final
