with segments as (

    select * from {{ ref('int_segments') }}

),

segment_addons as (

    select * from {{ ref('int_segment_addons') }}

),

plan_items as (

    select * from {{ ref('int_plan_items') }}
    where known_from <= {{ run_period() }}

),

segment_usage as (

    select
        segment_key,
        resource_kind,
        {{ sum_qty('billable_qty') }} as used_qty
    from {{ ref('int_usage_by_segment') }}
    where segment_key is not null
        and billable_qty > 0
    group by segment_key, resource_kind

),

allowances as (

    {{ segment_allowances('segments', 'segment_addons', 'plan_items') }}

),

final as (

    {{ segment_needs('segments', 'segment_usage', 'allowances', 'plan_items') }}

)

select * from final
