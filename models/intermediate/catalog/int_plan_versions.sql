with plan_versions as (

    select * from {{ ref('stg_control_plane__plan_versions') }}
    where delivery_period <= {{ horizon() }}

),

final as (

    select
        plan_version_id,
        plan_code,
        plan_version,
        base_price_cents,
        currency,
        minimum_cents,
        delivery_period as known_from
    from (
        select
            *,
            row_number() over (partition by plan_version_id order by delivery_period, source_file, source_row) as delivery_number
        from plan_versions
    ) as delivered
    where delivery_number = 1

)

select * from final
