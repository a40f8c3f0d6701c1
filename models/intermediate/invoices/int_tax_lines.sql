with charges as (

    select * from {{ ref('int_invoice_charges') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

tax_rates as (

    select * from {{ ref('ref_tax_rates') }}

),

taxed as (

    select
        charges.period,
        charges.tenant_id,
        tax_rates.tax_name,
        tax_rates.rate,
        {{ sum_cents('charges.amount_cents') }} as taxed_cents
    from charges
    inner join tenants
        on coalesce(charges.adjusts_period, charges.period) = tenants.period
        and charges.tenant_id = tenants.tenant_id
    inner join tax_rates
        on tenants.tax_region = tax_rates.tax_region
        and {{ is_in_force('tax_rates', 'tenants.period') }}
    where tax_rates.rate > 0
    group by charges.period, charges.tenant_id, tax_rates.tax_name, tax_rates.rate

),

final as (

    select
        period,
        tenant_id,
        tax_name || ' (' || {{ decimal_text('rate * 100') }} || '%)' as description,
        cast(round(cast(taxed_cents as decimal(19,0)) * rate, 0) as bigint) as amount_cents
    from taxed

)

select * from final
where amount_cents <> 0
