with campaigns as (

    select * from {{ ref('int_campaigns') }}

),

usage as (

    select * from {{ ref('int_campaign_usage') }}
    where not is_duplicate

),

used as (

    select
        campaigns.period,
        campaigns.campaign_id,
        {{ max_qty_of('usage', 'seat_usage') }} as seats_used,
        {{ sum_qty_of('usage', 'credit_usage') }} as credit_hours,
        {{ sum_qty_of('usage', 'learner_served') }} as learners_served,
        {{ sum_qty_of('usage', 'session_completed') }} as sessions_completed
    from campaigns
    inner join usage
        on campaigns.campaign_id = usage.campaign_id
        and campaigns.period = usage.usage_period
    group by campaigns.period, campaigns.campaign_id

),

credit_hours_so_far as (

    select
        campaigns.period,
        campaigns.campaign_id,
        {{ sum_qty('usage.quantity') }} as credit_hours
    from campaigns
    inner join usage
        on campaigns.campaign_id = usage.campaign_id
        and usage.usage_period <= campaigns.period
        and usage.event_type = 'credit_usage'
    where campaigns.pricing_model = 'credits'
    group by campaigns.period, campaigns.campaign_id

),

allocations as (

    select * from {{ ref('int_bundle_allocations') }}

),

bundle_shares as (

    {{ bundle_shares('campaigns', 'allocations') }}

),

measured as (

    select
        campaigns.*,
        coalesce(used.seats_used, 0) as seats_used,
        greatest(coalesce(campaigns.committed_seats, 0), coalesce(used.seats_used, 0)) as seats_billed,
        coalesce(used.credit_hours, 0) as credit_hours,
        coalesce(credit_hours_so_far.credit_hours, 0) as credit_hours_so_far,
        coalesce(campaigns.credit_consumption_rate, 0) as consumption_rate,
        coalesce(used.learners_served, 0) as learners_served,
        coalesce(used.sessions_completed, 0) as sessions_completed,
        coalesce(campaigns.seat_price_cents, 0) as seat_price,
        coalesce(campaigns.credit_price_cents, 0) as credit_price,
        coalesce(campaigns.outcome_price_cents, 0) as outcome_price,
        coalesce(campaigns.session_price_cents, 0) as session_price,
        bundle_shares.amount_cents as bundle_cents,
        bundle_shares.verdict
    from campaigns
    left join used
        on campaigns.period = used.period
        and campaigns.campaign_id = used.campaign_id
    left join credit_hours_so_far
        on campaigns.period = credit_hours_so_far.period
        and campaigns.campaign_id = credit_hours_so_far.campaign_id
    left join bundle_shares
        on campaigns.period = bundle_shares.period
        and campaigns.campaign_id = bundle_shares.campaign_id

),

with_limbs as (

    select
        *,
        {{ credit_limbs('credit_hours', 'consumption_rate', 'credit_price') }}
    from measured

),

final as (

    select
        period,
        campaign_id,
        campaign_name,
        tenant_id,
        currency,
        pricing_model,
        fault,
        committed_seats,
        seats_used,
        seats_billed,
        seat_price_cents,
        credit_allocation,
        {{ credit_qty('credit_hours', 'consumption_rate') }} as credits_consumed,
        cast(credit_allocation - {{ credit_qty('credit_hours_so_far', 'consumption_rate') }} as decimal(27,9)) as credits_remaining,
        credit_price_cents,
        learners_served,
        sessions_completed,
        bundle_id,
        bundle_share,
        cast({{ campaign_cents() }} as bigint) as amount_cents
    from with_limbs

)

select * from final
