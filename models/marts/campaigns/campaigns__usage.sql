{{ config(materialized='kept', made_by='period') }}
with campaigns as (

    select * from {{ ref('int_campaign_charges') }}
    where period = {{ run_period() }}

),

final as (

    select
        period,
        campaign_id,
        tenant_id,
        pricing_model,
        seats_used,
        credits_consumed,
        credits_remaining,
        learners_served,
        sessions_completed,
        coalesce(amount_cents, 0) as amount_cents,
        currency,
        cast(case
            when pricing_model = 'seats' and committed_seats > 0 then {{ ratio('seats_used', 'committed_seats') }}
            when pricing_model = 'credits' and credit_allocation > 0 then {{ ratio('credits_consumed', 'credit_allocation') }}
            when pricing_model = 'bundle' and amount_cents is not null then bundle_share
        end as decimal(27,9)) as utilization
    from campaigns

)

select * from final
