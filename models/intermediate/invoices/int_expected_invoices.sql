{{ config(materialized='kept', made_by='period') }}
with run as (

    select * from {{ source('control', 'run') }}

),

lines as (

    select * from {{ ref('int_expected_invoice_lines') }}
    where period = {{ run_period() }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

held_tenants as (

    select * from {{ ref('int_held_tenants') }}

),

reissues as (

    select * from {{ source('control', 'reissues') }}

),

totals as (

    select
        period,
        tenant_id,
        {{ sum_cents("case when kind <> 'tax' then amount_cents else 0 end") }} as subtotal_cents,
        {{ sum_cents("case when kind = 'tax' then amount_cents else 0 end") }} as tax_cents,
        {{ sum_cents('amount_cents') }} as total_cents
    from lines
    group by period, tenant_id

),

held as (

    select
        totals.*,
        tenants.currency,
        run.as_of,
        run.supplier_abn,
        coalesce(reissues.version, 0) + 1 as version,
        case
            when run.as_of < {{ add_months('totals.period', 1) }} then 'the period has not ended'
            when run.is_draft then 'the run was asked for drafts'
            else held_tenants.held_because
        end as held_because,
        run.as_of >= {{ add_months('totals.period', 1) }}
            and not run.is_draft
            and held_tenants.tenant_id is not null as is_held
    from totals
    cross join run
    inner join tenants
        on totals.period = tenants.period
        and totals.tenant_id = tenants.tenant_id
    left join held_tenants
        on totals.tenant_id = held_tenants.tenant_id
    left join reissues
        on totals.tenant_id = reissues.tenant_id

),

final as (

    select
        'INV-' || {{ month_text('period') }} || '-' || tenant_id || '-' || cast(version as varchar) as invoice_id,
        tenant_id,
        period,
        cast(version as integer) as version,
        case
            when total_cents < 0 then 'adjustment_note'
            when tax_cents <> 0 and supplier_abn is not null then 'tax_invoice'
            else 'invoice'
        end as document_type,
        case when held_because is null then 'issued' else 'draft' end as status,
        currency,
        subtotal_cents,
        tax_cents,
        total_cents,
        case when held_because is null then as_of end as issued_on,
        held_because,
        is_held
    from held

)

select * from final
