with charges as (

    select
        *,
        cast(null as date) as adjusts_period,
        cast(null as varchar) as adjusts_kind
    from {{ ref('int_charges') }}
    where period = {{ run_period() }}

),

adjustments as (

    select
        {{ run_period() }} as period,
        tenant_id,
        deployment_id,
        cast('adjustment' as varchar) as kind,
        resource_kind,
        'Adjustment of ' || {{ month_text('period') }} || ': ' || replace(kind, '_', ' ')
            || case when resource_kind is null then '' else ' ' || resource_kind end as description,
        cast(null as decimal(38,15)) as quantity,
        cast(null as varchar) as unit,
        cast(null as decimal(15,6)) as unit_price_cents,
        difference_cents as amount_cents,
        cast(null as integer) as billed_days,
        cast(null as integer) as days_in_period,
        cast(null as date) as first_day,
        campaign_id as source_id,
        campaign_id,
        period as adjusts_period,
        kind as adjusts_kind
    from {{ ref('int_differences') }}
    where fault is null

),

final as (

    select * from charges
    union all
    select * from adjustments

)

select * from final
