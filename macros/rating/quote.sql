{#- R16: a quote is the invoice's own chain (segment_lines_ctes) over what is asked. Two segments: `month`, a whole
    month with the projected usage, and `first`, from the start to the month's end without usage.
    Runs in the published database, so it names its tables without a database, and it is plain enough for DuckDB 1.0.
    Parameters: plan VARCHAR, starts_on DATE, addons VARCHAR[], usage and top_ups MAP(kind -> quantity). -#}
{% macro quote_lines_sql() -%}
with asked as (

    select
        wanted.plan_wanted,
        wanted.starts_at,
        cast(date_trunc('month', wanted.starts_at) as date) as period,
        cast(date_trunc('month', wanted.starts_at) + interval 1 month as date) as next_period
    from (select cast(plan as varchar) as plan_wanted, cast(starts_on as date) as starts_at) as wanted

),

plan_versions as (

    select *, row_number() over (partition by plan_code order by plan_version desc, plan_version_id desc) as recency
    from catalog.plan_versions

),

plan_items as (

    select * from catalog.plan_items

),

plan_item_tiers as (

    select * from catalog.plan_item_tiers

),

priced as (

    select
        asked.starts_at,
        asked.period,
        asked.next_period,
        plan_versions.plan_version_id,
        plan_versions.plan_code,
        plan_versions.plan_version,
        case when plan_versions.plan_code is null then error('there is no plan ' || coalesce(asked.plan_wanted, 'without a code')) else plan_versions.base_price_cents end as base_price_cents,
        plan_versions.minimum_cents
    from asked
    left join plan_versions
        on asked.plan_wanted = plan_versions.plan_code
        and plan_versions.recency = 1

),

segments as (

    select
        parts.segment_key,
        parts.segment_key as lot_group,
        priced.plan_version_id,
        priced.plan_code,
        priced.plan_version,
        priced.base_price_cents,
        priced.minimum_cents,
        cast(case parts.segment_key when 'month' then priced.next_period - priced.period else priced.next_period - priced.starts_at end as integer) as billed_days,
        cast(case parts.segment_key when 'month' then priced.next_period - priced.period else priced.next_period - priced.starts_at end as integer) as total_billed_days,
        cast(priced.next_period - priced.period as integer) as days_in_period,
        case parts.segment_key when 'month' then priced.period else priced.starts_at end as first_day
    from priced
    cross join (select 'month' as segment_key union all select 'first') as parts

),

addons_asked as (

    select
        addon_wanted,
        row_number() over (order by addon_wanted) as addon_number
    from (select unnest(cast(addons as varchar[])) as addon_wanted) as listed

),

segment_addons as (

    select
        segments.segment_key,
        cast(addons_asked.addon_number as varchar) as subscription_addon_id,
        catalog_addons.addon_code,
        catalog_addons.resource_kind,
        catalog_addons.addon_qty as qty,
        case when catalog_addons.addon_code is null then error('there is no addon ' || coalesce(addons_asked.addon_wanted, 'without a code')) else catalog_addons.price_cents end as price_cents,
        segments.billed_days as addon_days
    from addons_asked
    cross join segments
    left join catalog.addons as catalog_addons
        on addons_asked.addon_wanted = catalog_addons.addon_code

),

segment_usage as (

    select
        'month' as segment_key,
        entry.key as resource_kind,
        entry.value as used_qty
    from (select unnest(map_entries(cast(usage as map(varchar, decimal(27,9))))) as entry) as entries

),

lots as (

    select
        'month' as lot_group,
        entry.key as resource_kind,
        entry.key as top_up_id,
        cast(null as timestamp) as purchased_at,
        cast(null as date) as expires_on,
        entry.value as usable_qty
    from (select unnest(map_entries(cast(top_ups as map(varchar, decimal(27,9))))) as entry) as entries

),

{{ segment_lines_ctes() }}

select
    case
        when segment_lines.segment_key = 'first' then 'first_invoice'
        when segment_lines.kind in ('overage', 'minimum') then segment_lines.kind
        else 'recurring'
    end as part,
    segment_lines.kind,
    segment_lines.resource_kind,
    segment_lines.description,
    segment_lines.quantity,
    segment_lines.unit,
    segment_lines.unit_price_cents,
    segment_lines.amount_cents,
    segment_lines.billed_days,
    segments.days_in_period
from segment_lines
inner join segments
    on segment_lines.segment_key = segments.segment_key
order by
    case segment_lines.segment_key when 'month' then 1 else 2 end,
    case segment_lines.kind when 'plan_base' then 1 when 'addon' then 2 when 'overage' then 3 else 4 end,
    segment_lines.resource_kind,
    segment_lines.description
{%- endmacro %}
