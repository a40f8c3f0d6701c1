with late as (

    select
        'metering' as feed,
        deployment_id,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as campaign_id,
        resource_kind,
        usage_period,
        event_count
    from {{ ref('int_usage_by_day') }}
    where delivery_period = {{ run_period() }}
        and usage_period < {{ run_period() }}
        and is_billable
    union all
    select
        'llm_usage',
        deployment_id,
        tenant_id,
        null,
        null,
        usage_period,
        request_count
    from {{ ref('int_llm_charges_by_day') }}
    where delivery_period = {{ run_period() }}
        and usage_period < {{ run_period() }}
    union all
    select
        'campaigns',
        null,
        null,
        campaign_id,
        null,
        usage_period,
        1
    from {{ ref('int_campaign_usage') }}
    where delivery_period = {{ run_period() }}
        and usage_period < {{ run_period() }}
        and not is_duplicate

),

final as (

    select
        feed,
        usage_period,
        deployment_id,
        tenant_id,
        campaign_id,
        resource_kind,
        cast(sum(event_count) as bigint) as event_count
    from late
    group by feed, usage_period, deployment_id, tenant_id, campaign_id, resource_kind

)

select * from final
