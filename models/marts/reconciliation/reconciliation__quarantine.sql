{{ config(materialized='kept', made_by='period') }}
with rows_of_files as (

    select * from {{ source('control', 'quarantine') }}
    where period = {{ run_period() }}

),

plan_items as (

    select * from {{ ref('int_plan_items_checked') }}
    where delivery_period = {{ run_period() }}
        and (fault is not null or known_from > {{ run_period() }})

),

final as (

    select period, feed, file, line, column_name, value, reason
    from rows_of_files
    union all
    select
        delivery_period,
        'control_plane',
        source_file,
        source_row + 2,
        coalesce(fault_column, 'charge_model'),
        plan_version_id || ' ' || resource_kind,
        coalesce(fault, 'charge model ' || charge_model || ' needs tiers in plan_item_tiers')
    from plan_items

)

select * from final
