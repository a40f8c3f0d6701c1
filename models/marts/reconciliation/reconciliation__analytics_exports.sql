{{ config(materialized='kept', made_by='period') }}
with exports as (

    select
        exports.*,
        coalesce(exports.k, run.k) as least_group_size
    from {{ ref('stg_analytics_exports__exports') }} as exports
    cross join {{ source('control', 'run') }} as run
    where exports.delivery_period = {{ run_period() }}

),

private_fields as (

    select * from {{ ref('ref_private_fields') }}

),

named_columns as (

    {{ elements_of('exports', 'export_id', 'column_names', 'column_name') }}

),

offences as (

    select named_columns.export_id, 1 as place, 'private column name' as reason, named_columns.column_name
    from named_columns
    inner join private_fields
        on {{ snake_case('named_columns.column_name') }} = private_fields.field
    union all
    select export_id, 2, 'e-mail addresses', column_name
    from ({{ elements_of('exports', 'export_id', 'email_columns', 'column_name') }}) as columns_with_it
    union all
    select export_id, 3, 'phone numbers', column_name
    from ({{ elements_of('exports', 'export_id', 'phone_columns', 'column_name') }}) as columns_with_it
    union all
    select export_id, 4, 'IP addresses', column_name
    from ({{ elements_of('exports', 'export_id', 'ip_address_columns', 'column_name') }}) as columns_with_it
    union all
    select export_id, 5, 'card numbers', column_name
    from ({{ elements_of('exports', 'export_id', 'card_number_columns', 'column_name') }}) as columns_with_it
    union all
    select export_id, 6, 'a group under ' || cast(least_group_size as varchar), null
    from exports
    where smallest_group_size < least_group_size
    union all
    select export_id, 7, 'no usable declaration of quasi-identifiers', null
    from exports
    where row_count > 0
        and smallest_group_size is null

),

reasons as (

    select
        export_id,
        string_agg(reason, ', ' order by place) as reasons
    from (select distinct export_id, place, reason from offences) as distinct_reasons
    group by export_id

),

offending_columns as (

    select
        export_id,
        string_agg(column_name, ', ' order by column_name) as offending_columns
    from (select distinct export_id, column_name from offences where column_name is not null) as distinct_columns
    group by export_id

),

final as (

    select
        {{ run_period() }} as period,
        exports.export_id,
        case when reasons.reasons is null then 'safe' else 'unsafe' end as verdict,
        reasons.reasons,
        offending_columns.offending_columns,
        cast(exports.smallest_group_size as bigint) as smallest_group_size,
        cast(exports.least_group_size as bigint) as least_group_size,
        cast(exports.row_count as bigint) as row_count
    from exports
    left join reasons
        on exports.export_id = reasons.export_id
    left join offending_columns
        on exports.export_id = offending_columns.export_id

)

select * from final
