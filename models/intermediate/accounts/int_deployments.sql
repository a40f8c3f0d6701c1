with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

deployments as (

    select * from {{ ref('int_deployment_versions') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

rederived_deployments as (

    select * from {{ ref('int_rederived_deployments') }}

),

final as (

    select
        rated_periods.period,
        deployments.deployment_id,
        deployments.tenant_id,
        tenants.currency
    from rated_periods
    inner join deployments
        on {{ known_at_period('deployments', 'rated_periods') }}
    inner join tenants
        on rated_periods.period = tenants.period
        and deployments.tenant_id = tenants.tenant_id
    left join rederived_deployments
        on rated_periods.period = rederived_deployments.period
        and deployments.deployment_id = rederived_deployments.deployment_id
    where rated_periods.purpose = 'invoice'
        or rederived_deployments.deployment_id is not null

)

select * from final
