-- Rows delivered for the run's month that could not be used: as single rows, or as items that nothing can be priced by (R9).
with rows_of_files as (

    select * from {{ source('control', 'quarantine') }}
    where period = {{ run_period() }}

),

unusable_items as (

    select * from {{ ref('int_plan_items_checked') }}
    where delivery_period = {{ run_period() }}
        and (fault is not null or known_from > {{ run_period() }})

),

final as (

    select
        period,
        feed,
        table_name,
        file,
        line,
        column_name,
        value,
        reason,
        false as is_unusable_item
    from rows_of_files
    union all
    select
        delivery_period,
        'control_plane',
        'control_plane__plan_items',
        source_file,
        source_row + 2,
        case when known_from > {{ run_period() }} then 'charge_model' else fault_column end,
        plan_version_id || ' ' || resource_kind,
        case
            when known_from > {{ run_period() }} then 'charge model ' || charge_model || ' needs tiers in plan_item_tiers'
            else fault
        end,
        true
    from unusable_items

)

select * from final
