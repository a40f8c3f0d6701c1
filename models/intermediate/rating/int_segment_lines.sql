with segments as (

    select * from {{ ref('int_segments') }}

),

rated as (

    {{ rated_lines('segments', ref('int_segment_addons'), ref('int_segment_overages'), ref('int_plan_item_tiers')) }}

),

final as (

    select * from rated
    union all
    {{ minimum_lines('segments', 'rated') }}

)

select * from final
