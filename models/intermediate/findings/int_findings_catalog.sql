-- Plan versions that a later delivery would change (R5): nothing changes, and somebody should know.
with versions as (

    select
        plan_version_id,
        delivery_period,
        {{ sha256_hex("concat_ws('|', plan_code, cast(plan_version as varchar), cast(base_price_cents as varchar), currency, coalesce(cast(minimum_cents as varchar), '-'))") }} as content
    from {{ ref('stg_control_plane__plan_versions') }}
    where delivery_period <= {{ run_period() }}

),

items as (

    select
        plan_version_id,
        delivery_period,
        {{ sha256_hex("string_agg(concat_ws('|', resource_kind, cast(included_qty as varchar), coalesce(cast(overage_price_cents as varchar), '-'), overage_unit, coalesce(cast(hard_cap_qty as varchar), '-'), charge_model, coalesce(cast(package_size as varchar), '-')), '||' order by resource_kind)") }} as content
    from {{ ref('stg_control_plane__plan_items') }}
    where delivery_period <= {{ run_period() }}
    group by plan_version_id, delivery_period

),

tiers as (

    select
        plan_version_id,
        delivery_period,
        {{ sha256_hex("string_agg(concat_ws('|', resource_kind, coalesce(cast(up_to as varchar), '-'), cast(unit_price_cents as varchar), cast(flat_fee_cents as varchar)), '||' order by resource_kind, up_to)") }} as content
    from {{ ref('stg_control_plane__plan_item_tiers') }}
    where delivery_period <= {{ run_period() }}
    group by plan_version_id, delivery_period

),

deliveries as (

    select 'terms' as part, * from versions
    union all
    select 'items' as part, * from items
    union all
    select 'tiers' as part, * from tiers

),

compared as (

    select
        part,
        plan_version_id,
        delivery_period,
        content,
        first_value(content) over (partition by part, plan_version_id order by delivery_period) as first_content
    from deliveries

),

final as (

    select
        'catalog_changed' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        plan_version_id || ' ' || part as subject,
        {{ no_cents() }},
        'The ' || part || ' of plan version ' || plan_version_id
            || ' differ from their first delivery; the first still counts. Change a price by a new version.' as message
    from compared
    where delivery_period = {{ run_period() }}
        and content <> first_content

)

select * from final
