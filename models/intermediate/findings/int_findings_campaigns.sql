-- Campaigns that cannot be billed as they are, and credits that run out (R17).
with campaigns as (

    select * from {{ ref('int_campaign_charges') }}
    where period = {{ run_period() }}

),

allocations as (

    select * from {{ ref('int_bundle_allocations') }}
    where period = {{ run_period() }}

),

billed as (

    select
        bundle_id,
        {{ sum_cents('amount_cents') }} as amount_cents
    from campaigns
    where pricing_model = 'bundle'
    group by bundle_id

),

tenants as (

    select * from {{ ref('int_tenants') }}
    where period = {{ run_period() }}

),

usage as (

    select * from {{ ref('int_campaign_usage') }}
    where delivery_period = {{ run_period() }}

),

known_campaigns as (

    select distinct campaign_id
    from {{ ref('stg_campaigns__campaigns') }}
    where known_from <= {{ run_period() }}

),

invalid_links as (

    select
        case fault when 'unknown_tenant' then 'dangling_reference' else 'campaign_link_invalid' end as rule,
        tenant_id,
        cast(null as varchar) as deployment_id,
        campaign_id as subject,
        {{ no_cents() }},
        'Campaign ' || campaign_id || case fault
            when 'unknown_tenant' then ' names the tenant ' || tenant_id || ', which no delivery has'
            when 'no_bundle' then ' is priced by a bundle and names none'
            when 'other_model' then ' names the bundle ' || bundle_id || ' but is priced by ' || pricing_model
            when 'unknown_bundle' then ' names the bundle ' || bundle_id || ', which no delivery has'
            when 'inactive_bundle' then ' names the bundle ' || bundle_id || ', which is not active'
            when 'bundle_of_another_tenant' then ' names the bundle ' || bundle_id || ', which is another tenant''s'
            else ' has no share of its bundle ' || bundle_id || ' between 0 and 1'
        end || '; it is not billed.' as message
    from campaigns
    where fault is not null

),

bundles as (

    select
        'bundle_allocation_' || allocations.verdict as rule,
        allocations.tenant_id,
        cast(null as varchar) as deployment_id,
        allocations.bundle_id as subject,
        allocations.price_cents as expected_cents,
        coalesce(billed.amount_cents, 0) as actual_cents,
        tenants.currency,
        'The shares of bundle ' || allocations.bundle_id || ' add up to ' || {{ decimal_text('allocations.total_share') }}
            || case when allocations.verdict = 'error'
                then coalesce(' without a campaign that could not be used (' || allocations.missed_campaign || ')', '') else '' end
            || case allocations.verdict when 'error' then ', so nothing of it is billed' else ', and each is billed as it stands' end
            || ': ' || {{ money_text('coalesce(billed.amount_cents, 0)') }} || ' of '
            || {{ money_text('allocations.price_cents') }} || '.' as message
    from allocations
    left join billed
        on allocations.bundle_id = billed.bundle_id
    left join tenants
        on allocations.tenant_id = tenants.tenant_id
    where allocations.verdict <> 'ok'

),

credits as (

    select
        case when credits_remaining < 0 then 'credit_overdrawn' else 'low_credit' end as rule,
        tenant_id,
        cast(null as varchar) as deployment_id,
        campaign_id as subject,
        {{ no_cents() }},
        'Campaign ' || campaign_id || ' has ' || {{ decimal_text('credits_remaining') }} || ' of '
            || {{ decimal_text('credit_allocation') }} || ' credits left.' as message
    from campaigns
    where pricing_model = 'credits'
        and fault is null
        and credits_remaining < credit_allocation * {{ threshold('low_credit', 'least_part') }}

),

repeated_events as (

    select
        'derived_duplicate' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        campaign_id as subject,
        {{ no_cents() }},
        'Events of campaign ' || campaign_id || ' without a key that repeat an earlier one in time, quantity and metadata: '
            || cast(count(*) as varchar) || '; they were left out.' as message
    from usage
    where is_duplicate
        and has_derived_key
    group by campaign_id

),

homeless_events as (

    select
        'dangling_reference' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        'campaign ' || usage.campaign_id as subject,
        {{ no_cents() }},
        'Events name the campaign ' || usage.campaign_id || ', which no delivery has: ' || cast(count(*) as varchar)
            || '; nobody is invoiced for them.' as message
    from usage
    left join known_campaigns
        on usage.campaign_id = known_campaigns.campaign_id
    where known_campaigns.campaign_id is null
    group by usage.campaign_id

),

final as (

    select * from invalid_links
    union all
    select * from bundles
    union all
    select * from credits
    union all
    select * from repeated_events
    union all
    select * from homeless_events

)

select * from final
