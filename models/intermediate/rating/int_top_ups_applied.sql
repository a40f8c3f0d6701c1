with final as (

    {{ top_ups_applied(ref('int_segment_needs'), ref('int_top_up_lots')) }}

)

select * from final
