with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

deployments as (

    select * from {{ ref('stg_control_plane__deployments') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

final as (

    select
        rated_periods.period,
        deployments.deployment_id,
        deployments.tenant_id,
        tenants.currency
    from rated_periods
    inner join deployments
        on {{ known_at('deployments', 'rated_periods.known_at') }}
    inner join tenants
        on rated_periods.period = tenants.period
        and deployments.tenant_id = tenants.tenant_id

)

select * from final
