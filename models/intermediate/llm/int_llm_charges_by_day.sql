{{ config(materialized='kept', made_by='llm_usage') }}
with charges as (

    {{ kept_events(ref('stg_llm_usage__charges'), ref('int_llm_duplicates'), 'llm_usage') }}

),

final as (

    select
        charges.delivery_period,
        charges.tenant_id,
        charges.deployment_id,
        charges.currency,
        coalesce(local_days.local_on, cast(charges.occurred_at as date)) as usage_on,
        {{ month_of('coalesce(local_days.local_on, cast(charges.occurred_at as date))') }} as usage_period,
        cast(sum(charges.charge) as decimal(38,18)) as charge,
        count(*) as request_count
    from charges
    left join {{ local_day_of('charges.occurred_at', 'local_days') }}
    group by
        charges.delivery_period,
        charges.tenant_id,
        charges.deployment_id,
        charges.currency,
        coalesce(local_days.local_on, cast(charges.occurred_at as date))

)

select * from final
