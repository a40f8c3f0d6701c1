with plan_items as (

    select * from {{ ref('int_plan_items') }}
    where known_from <= {{ run_period() }}

),

final as (

    {{ segment_overages(ref('int_segment_needs'), ref('int_top_ups_applied'), 'plan_items') }}

)

select * from final
