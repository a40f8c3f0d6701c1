with final as (

    {{ top_ups_applied(ref('int_segment_needs'), ref('int_top_ups_at_hand')) }}

)

select * from final
