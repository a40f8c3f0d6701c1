with usage_by_day as (

    select
        'metering' as feed,
        deployment_id,
        cast(null as varchar) as tenant_id,
        resource_kind,
        usage_on,
        quantity,
        event_count
    from {{ ref('int_usage_by_day') }}
    where delivery_period = {{ run_period() }}
        and usage_on < {{ run_period() }}
        and is_billable
    union all
    select
        'llm_usage',
        deployment_id,
        tenant_id,
        null,
        usage_on,
        null,
        request_count
    from {{ ref('int_llm_charges_by_day') }}
    where delivery_period = {{ run_period() }}
        and usage_on < {{ run_period() }}

),

final as (

    select
        feed,
        {{ month_of('usage_on') }} as usage_period,
        deployment_id,
        tenant_id,
        resource_kind,
        {{ sum_qty('quantity') }} as quantity,
        cast(sum(event_count) as bigint) as event_count
    from usage_by_day
    group by feed, {{ month_of('usage_on') }}, deployment_id, tenant_id, resource_kind

)

select * from final
