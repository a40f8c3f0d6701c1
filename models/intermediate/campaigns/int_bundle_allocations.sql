with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

bundles as (

    select * from {{ ref('stg_campaigns__bundles') }}
    where status = 'active'

),

shares as (

    select
        period,
        bundle_id,
        cast(sum(bundle_share) as decimal(27,9)) as total_share
    from {{ ref('int_campaigns') }}
    where pricing_model = 'bundle'
        and fault is null
    group by period, bundle_id

),

final as (

    select
        rated_periods.period,
        bundles.bundle_id,
        bundles.tenant_id,
        bundles.price_cents,
        coalesce(shares.total_share, 0) as total_share,
        incomplete.reason as missed_campaign,
        case
            when incomplete.is_named then 'error'
            when coalesce(shares.total_share, 0) between {{ threshold('bundle_allocation_warning', 'least_sum') }}
                and {{ threshold('bundle_allocation_warning', 'greatest_sum') }}
                then 'ok'
            when incomplete.reason is not null then 'error'
            when coalesce(shares.total_share, 0) between {{ threshold('bundle_allocation_error', 'least_sum') }}
                and {{ threshold('bundle_allocation_error', 'greatest_sum') }}
                then 'warning'
            else 'error'
        end as verdict
    from rated_periods
    inner join bundles
        on {{ known_at_period('bundles', 'rated_periods') }}
        and {{ covers_a_day_of('bundles', 'rated_periods') }}
    left join shares
        on rated_periods.period = shares.period
        and bundles.bundle_id = shares.bundle_id
    left join {{ ref('int_incomplete_bundles') }} as incomplete
        on rated_periods.period = incomplete.period
        and bundles.bundle_id = incomplete.bundle_id

)

select * from final
