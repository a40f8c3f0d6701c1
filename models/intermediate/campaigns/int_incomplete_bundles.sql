-- Bundles whose shares lack a campaign because its row was quarantined (R9, R17): surely where the row names the bundle,
-- possibly where it cannot be read. A row that only repeats another one is not missed.
with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

bundles as (

    select * from {{ ref('stg_campaigns__bundles') }}

),

campaigns as (

    select * from {{ ref('stg_campaigns__campaigns') }}

),

quarantined as (

    select
        bundle_id,
        campaign_id,
        period as known_from,
        file as source_file,
        line
    from {{ source('control', 'quarantine') }}
    where table_name = 'campaigns__campaigns'
        and not is_same_again
        and coalesce(pricing_model, 'bundle') = 'bundle'

),

{#- Until the campaign is delivered anew, or any where it cannot be read which one it is. #}
missed as (

    select
        quarantined.bundle_id,
        quarantined.known_from,
        quarantined.source_file,
        quarantined.line,
        min(campaigns.known_from) as known_until
    from quarantined
    left join campaigns
        on (quarantined.campaign_id = campaigns.campaign_id or quarantined.campaign_id is null)
        and quarantined.known_from < campaigns.known_from
    group by quarantined.bundle_id, quarantined.known_from, quarantined.source_file, quarantined.line

),

{#- R15: as known at the month where the bundle was known at it, as known now where it was not. #}
final as (

    select
        rated_periods.period,
        bundles.bundle_id,
        max(case when missed.bundle_id is not null then 1 else 0 end) = 1 as is_named,
        {{ quarantined_records('missed.source_file', 'missed.line') }} as reason
    from rated_periods
    inner join bundles
        on {{ known_at_period('bundles', 'rated_periods') }}
    inner join missed
        on (missed.bundle_id = bundles.bundle_id or missed.bundle_id is null)
        and (
            (bundles.first_known_from <= rated_periods.period and {{ known_at('missed', 'rated_periods.period') }})
            or (rated_periods.period < bundles.first_known_from and {{ known_at('missed', 'rated_periods.run_period') }})
        )
    group by rated_periods.period, bundles.bundle_id

)

select * from final
