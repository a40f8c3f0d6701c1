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
        min(file) as source_file,
        min(line) as line,
        count(*) as row_count
    from {{ source('control', 'quarantine') }}
    where table_name = 'campaigns__campaigns'
        and not is_same_again
        and coalesce(pricing_model, 'bundle') = 'bundle'
    group by bundle_id, campaign_id, period

),

{#- Until the campaign is delivered anew, or any where it cannot be read which one it is. #}
with_spans as (

    select quarantined.*, min(campaigns.known_from) as known_until
    from quarantined
    left join campaigns
        on quarantined.campaign_id = campaigns.campaign_id
        and quarantined.known_from < campaigns.known_from
    where quarantined.campaign_id is not null
    group by
        quarantined.bundle_id,
        quarantined.campaign_id,
        quarantined.known_from,
        quarantined.source_file,
        quarantined.line,
        quarantined.row_count
    union all
    select quarantined.*, min(deliveries.known_from)
    from quarantined
    left join (select distinct known_from from campaigns) as deliveries
        on quarantined.known_from < deliveries.known_from
    where quarantined.campaign_id is null
    group by
        quarantined.bundle_id,
        quarantined.campaign_id,
        quarantined.known_from,
        quarantined.source_file,
        quarantined.line,
        quarantined.row_count

),

missed as (

    select
        bundle_id,
        known_from,
        known_until,
        min(source_file) as source_file,
        min(line) as line,
        sum(row_count) as row_count
    from with_spans
    group by bundle_id, known_from, known_until

),

known_bundles as (

    select
        rated_periods.period,
        bundles.bundle_id,
        {#- R15: as known at the month where the bundle was known at it, as known now where it was not. #}
        case
            when bundles.first_known_from <= rated_periods.period then rated_periods.period
            else rated_periods.run_period
        end as judged_at
    from rated_periods
    inner join bundles
        on {{ known_at_period('bundles', 'rated_periods') }}

),

missed_by_bundle as (

    select known_bundles.period, known_bundles.bundle_id, 1 as is_named, missed.source_file, missed.line, missed.row_count
    from known_bundles
    inner join missed
        on known_bundles.bundle_id = missed.bundle_id
        and {{ known_at('missed', 'known_bundles.judged_at') }}
    union all
    select known_bundles.period, known_bundles.bundle_id, 0, missed.source_file, missed.line, missed.row_count
    from known_bundles
    inner join missed
        on missed.bundle_id is null
        and {{ known_at('missed', 'known_bundles.judged_at') }}

),

final as (

    select
        period,
        bundle_id,
        max(is_named) = 1 as is_named,
        {{ quarantined_records('source_file', 'line', 'sum(row_count)') }} as reason
    from missed_by_bundle
    group by period, bundle_id

)

select * from final
