-- Rows that a newer delivery of their table leaves out: they stay, and somebody should know (contract, "Landing").
-- Plan versions and their items are none of these: their first delivery counts (R5). Payments, rates and what was
-- billed elsewhere are told month by month.
{%- set tables = [
    ('control_plane', 'tenants', ['tenant_id']),
    ('control_plane', 'deployments', ['deployment_id']),
    ('control_plane', 'deployment_events', ['event_id']),
    ('control_plane', 'plans', ['plan_code']),
    ('control_plane', 'addons', ['addon_code']),
    ('control_plane', 'subscriptions', ['subscription_id', 'starts_on']),
    ('control_plane', 'subscription_addons', ['subscription_addon_id']),
    ('control_plane', 'top_ups', ['top_up_id']),
    ('control_plane', 'cloud_resources', ['resource_id']),
    ('campaigns', 'bundles', ['bundle_id']),
    ('campaigns', 'campaigns', ['campaign_id']),
] %}
with files as (

    select * from {{ source('control', 'files') }}

),

deliveries as (

    select
        table_name,
        max(case when period < {{ run_period() }} then period end) as delivery_before
    from files
    where period <= {{ run_period() }}
    group by table_name
    having max(period) = {{ run_period() }}

),

left_out as (

    {% for feed, table_name, key in tables -%}
    {{ left_out('deliveries', feed, table_name, key) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
