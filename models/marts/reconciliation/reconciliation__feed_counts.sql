{{ config(materialized='kept', made_by='period') }}
with files as (

    select * from {{ source('control', 'files') }}
    where period = {{ run_period() }}

),

duplicates as (

    select 'metering' as feed, delivery_period as period, source_file as file, count(*) as duplicate_count
    from {{ ref('int_metering_duplicates') }}
    group by delivery_period, source_file
    union all
    select 'llm_usage', delivery_period, source_file, count(*)
    from {{ ref('int_llm_duplicates') }}
    group by delivery_period, source_file

),

item_faults as (

    select delivery_period as period, source_file as file, count(*) as fault_count
    from {{ ref('int_plan_items_checked') }}
    where (fault is not null or known_from > delivery_period)
    group by delivery_period, source_file

),

final as (

    select
        files.period,
        files.feed,
        files.file,
        files.rows_read,
        cast(files.rows_accepted - coalesce(duplicates.duplicate_count, 0) - coalesce(item_faults.fault_count, 0) as bigint) as rows_loaded,
        cast(coalesce(duplicates.duplicate_count, 0) as bigint) as rows_duplicate,
        cast(files.rows_quarantined + coalesce(item_faults.fault_count, 0) as bigint) as rows_quarantined
    from files
    left join duplicates
        on files.feed = duplicates.feed
        and files.period = duplicates.period
        and files.file = duplicates.file
    left join item_faults
        on files.feed = 'control_plane'
        and files.table_name = 'control_plane__plan_items'
        and files.period = item_faults.period
        and files.file = item_faults.file

)

select * from final
