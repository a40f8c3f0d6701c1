-- What was wrong with the files delivered for the period (R6, R11 and the contract's "Bad input").
with metering_duplicates as (

    select * from {{ ref('int_metering_duplicates') }}
    where delivery_period = {{ run_period() }}

),

llm_duplicates as (

    select * from {{ ref('int_llm_duplicates') }}
    where delivery_period = {{ run_period() }}

),

deployments as (

    select * from {{ ref('int_deployments') }}
    where period = {{ run_period() }}

),

quarantine as (

    select
        *,
        case when table_name = feed then '' else ' (table ' || replace(table_name, feed || '__', '') || ')' end as of_table
    from {{ ref('int_quarantined_rows') }}

),

duplicates as (

    select 'metering' as feed, deployment_id, event_id as id, is_conflicting from metering_duplicates
    union all
    select 'llm_usage', deployment_id, gateway_request_id, is_conflicting from llm_duplicates

),

duplicate_events as (

    select
        'duplicate_events' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        feed as subject,
        {{ no_cents() }},
        'Rows of ' || feed || ' that repeat an earlier row: ' || cast(count(*) as varchar) || '; each event counts once.' as message
    from duplicates
    where not is_conflicting
    group by feed

),

conflicts as (

    select
        case duplicates.feed when 'metering' then 'conflicting_duplicate' else 'llm_charge_conflict' end as rule,
        deployments.tenant_id,
        duplicates.deployment_id,
        duplicates.feed as subject,
        {{ no_cents() }},
        'Rows of ' || duplicates.feed || ' for deployment ' || duplicates.deployment_id
            || ' that repeat an id with other content: ' || cast(count(*) as varchar) || ' (' || min(duplicates.id)
            || case when count(distinct duplicates.id) > 1 then ' and others' else '' end
            || '); the first delivered counts.' as message
    from duplicates
    left join deployments
        on duplicates.deployment_id = deployments.deployment_id
    where duplicates.is_conflicting
    group by duplicates.feed, deployments.tenant_id, duplicates.deployment_id

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

    select *, {{ no_case() }} from duplicate_events
    union all
    select *, {{ no_case() }} from conflicts
    union all
    select * from quarantined_rows

)

select * from final
