with deployments as (

    select * from {{ ref('int_deployment_versions') }}

),

final as (

    select
        tenant_id,
        min(deployment_id) as deployment_id
    from deployments
    where is_on_hold
        and known_until is null
    group by tenant_id

)

select * from final
