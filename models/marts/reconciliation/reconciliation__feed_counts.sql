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

unusable_items as (

    select feed, period, file, count(*) as item_count
    from {{ ref('int_quarantined_rows') }}
    where is_unusable_item
    group by feed, period, file

),

final as (

    select
        files.period,
        files.feed,
        files.file,
        files.rows_read,
        cast(files.rows_accepted - coalesce(duplicates.duplicate_count, 0) - coalesce(unusable_items.item_count, 0) as bigint) as rows_loaded,
        cast(coalesce(duplicates.duplicate_count, 0) as bigint) as rows_duplicate,
        cast(files.rows_quarantined + coalesce(unusable_items.item_count, 0) as bigint) as rows_quarantined,
        files.rows_skipped
    from files
    left join duplicates
        on files.feed = duplicates.feed
        and files.period = duplicates.period
        and files.file = duplicates.file
    left join unusable_items
        on files.feed = unusable_items.feed
        and files.period = unusable_items.period
        and files.file = unusable_items.file

)

select * from final
