with tenants_on_hold as (

    select * from {{ ref('int_tenants_on_hold') }}

),

earlier_drafts as (

    select
        tenant_id,
        min(period) as period
    from {{ source('carried', 'drafts') }}
    group by tenant_id

),

final as (

    select
        coalesce(tenants_on_hold.tenant_id, earlier_drafts.tenant_id) as tenant_id,
        case
            when tenants_on_hold.tenant_id is not null
                then 'deployment ' || tenants_on_hold.deployment_id || ' has its billing suspended'
            else 'the invoice of ' || {{ month_text('earlier_drafts.period') }} || ' is still a draft'
        end as held_because
    from tenants_on_hold
    full join earlier_drafts
        on tenants_on_hold.tenant_id = earlier_drafts.tenant_id

)

select * from final
