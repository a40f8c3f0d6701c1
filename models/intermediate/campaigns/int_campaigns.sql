with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

campaigns as (

    select * from {{ ref('stg_campaigns__campaigns') }}

),

bundles as (

    select * from {{ ref('stg_campaigns__bundles') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

known_bundles as (

    select
        rated_periods.period,
        bundles.bundle_id,
        bundles.tenant_id,
        bundles.price_cents,
        bundles.status = 'active' as is_active
    from rated_periods
    inner join bundles
        on {{ known_at_period('bundles', 'rated_periods') }}

),

final as (

    select
        rated_periods.period,
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.tenant_id,
        tenants.currency,
        campaigns.pricing_model,
        campaigns.committed_seats,
        campaigns.seat_price_cents,
        campaigns.credit_allocation,
        campaigns.credit_consumption_rate,
        campaigns.credit_price_cents,
        campaigns.outcome_price_cents,
        campaigns.session_price_cents,
        campaigns.custom_amount_cents,
        campaigns.bundle_id,
        campaigns.bundle_share,
        known_bundles.price_cents as bundle_price_cents,
        case
            when tenants.tenant_id is null then 'unknown_tenant'
            when campaigns.bundle_id is null and campaigns.pricing_model = 'bundle' then 'no_bundle'
            when campaigns.bundle_id is null then null
            when campaigns.pricing_model <> 'bundle' then 'other_model'
            when known_bundles.bundle_id is null then 'unknown_bundle'
            when not known_bundles.is_active then 'inactive_bundle'
            when known_bundles.tenant_id <> campaigns.tenant_id then 'bundle_of_another_tenant'
            when coalesce(campaigns.bundle_share not between 0 and 1, true) then 'share_out_of_range'
        end as fault
    from rated_periods
    inner join campaigns
        on {{ known_at_period('campaigns', 'rated_periods') }}
        and {{ covers_a_day_of('campaigns', 'rated_periods') }}
    left join tenants
        on rated_periods.period = tenants.period
        and campaigns.tenant_id = tenants.tenant_id
    left join known_bundles
        on rated_periods.period = known_bundles.period
        and campaigns.bundle_id = known_bundles.bundle_id

)

select * from final
