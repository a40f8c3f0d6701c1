with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

deployments as (

    select * from {{ ref('stg_control_plane__deployments') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

{#- A month that is derived only to say what came too late for it needs no other deployments. #}
late_deployments as (

    select distinct usage_period, deployment_id
    from {{ ref('int_late_usage') }}

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
    left join late_deployments
        on rated_periods.period = late_deployments.usage_period
        and deployments.deployment_id = late_deployments.deployment_id
    where rated_periods.purpose <> 'late'
        or late_deployments.deployment_id is not null

)

select * from final
