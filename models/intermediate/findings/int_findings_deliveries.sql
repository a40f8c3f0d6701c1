-- Rows of the files delivered for the period that could not be used (the contract's "Bad input").
with quarantine as (

    select * from {{ source('control', 'quarantine') }}
    where period = {{ run_period() }}

),

quarantined_rows as (

    select
        'quarantined_rows' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        feed || '/' || file as subject,
        {{ no_cents() }},
        'Rows of ' || feed || '/' || file || ' that could not be used: ' || cast(count(distinct line) as varchar)
            || '; reconciliation.quarantine says why.' as message
    from quarantine
    group by feed, file

),

final as (

    select * from quarantined_rows

)

select * from final
