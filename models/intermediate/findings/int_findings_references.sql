-- Delivered rows that name something which nobody delivered.
with dangling_rows as (

    {{ dangling('deployment_events', 'event_id', 'deployments', 'deployment_id', 'it changes no state') }}
    union all
    {{ dangling('subscription_addons', 'subscription_addon_id', 'subscriptions', 'subscription_id', 'it bills no day') }}
    union all
    {{ dangling('cloud_resources', 'resource_id', 'deployments', 'deployment_id', 'its cost is not allocated') }}
    union all
    {{ dangling('plan_items', 'resource_kind', 'plan_versions', 'plan_version_id', 'it prices nothing') }}

),

final as (

    select
        'dangling_reference' as rule,
        cast(null as varchar) as tenant_id,
        deployment_id,
        subject,
        {{ no_cents() }},
        message
    from dangling_rows

)

select * from final
