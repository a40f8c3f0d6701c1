-- Rows of the files delivered for the period that could not be used (the contract's "Bad input").
with quarantine as (

    select
        *,
        case when table_name = feed then '' else ' (table ' || replace(table_name, feed || '__', '') || ')' end as of_table
    from {{ ref('int_quarantined_rows') }}

),

quarantined_rows as (

    select
        'quarantined_rows' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        feed || '/' || file as subject,
        {{ no_cents() }},
        'Rows of ' || feed || '/' || file || of_table || ' that could not be used: ' || cast(count(distinct line) as varchar)
            || '; reconciliation.quarantine says why.' as message,
        table_name as severity_case
    from quarantine
    group by feed, file, table_name, of_table

),

final as (

    select * from quarantined_rows

)

select * from final
