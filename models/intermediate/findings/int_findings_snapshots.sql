-- Rows that a newer delivery of their table leaves out: they stay, and somebody should know (contract, "Landing").
-- Plan versions and their items are none of these: their first delivery counts (R5). Payments, rates and what was
-- billed elsewhere are told month by month.
{%- set tables = {
    'tenants': ['tenant_id'],
    'deployments': ['deployment_id'],
    'deployment_events': ['event_id'],
    'plans': ['plan_code'],
    'addons': ['addon_code'],
    'subscriptions': ['subscription_id', 'starts_on'],
    'subscription_addons': ['subscription_addon_id'],
    'top_ups': ['top_up_id'],
    'cloud_resources': ['resource_id'],
} %}
with left_out as (

    {% for table, key in tables.items() -%}
    {{ left_out(ref('stg_control_plane__' ~ table), table, key) }}
    union all
    {% endfor -%}
    {{ left_out(ref('stg_campaigns__bundles'), 'bundles', ['bundle_id']) }}
    union all
    {{ left_out(ref('stg_campaigns__campaigns'), 'campaigns', ['campaign_id']) }}

),

final as (

    select
        'snapshot_shrank' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        table_name as subject,
        {{ no_cents() }},
        'The delivery of ' || table_name || ' leaves out rows that the one before had: ' || cast(count(*) as varchar) || ' ('
            || min(left_out) || case when count(*) > 1 then ' and others' else '' end
            || '); they stay as they were. A row ends by its dates.' as message
    from left_out
    group by table_name

)

select * from final
