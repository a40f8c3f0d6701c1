with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

tenants as (

    select * from {{ ref('int_tenant_versions') }}

),

final as (

    select
        rated_periods.period,
        tenants.tenant_id,
        tenants.tenant_name,
        tenants.currency,
        tenants.tax_region,
        tenants.abn,
        tenants.email
    from rated_periods
    inner join tenants
        on {{ known_at_period('tenants', 'rated_periods') }}

)

select * from final
