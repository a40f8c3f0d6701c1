{{ config(materialized='kept', made_by='period') }}
with allocations as (

    select * from {{ ref('int_bundle_allocations') }}
    where period = {{ run_period() }}

),

billed as (

    select
        bundle_id,
        {{ sum_cents('amount_cents') }} as amount_cents
    from {{ ref('int_campaign_charges') }}
    where period = {{ run_period() }}
        and pricing_model = 'bundle'
    group by bundle_id

),

final as (

    select
        allocations.period,
        allocations.bundle_id,
        cast(allocations.total_share as decimal(18,9)) as total_share,
        allocations.verdict,
        coalesce(billed.amount_cents, 0) as amount_cents
    from allocations
    left join billed
        on allocations.bundle_id = billed.bundle_id

)

select * from final
