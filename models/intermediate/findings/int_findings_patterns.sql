-- Usage that is out of the ordinary for its deployment (R19): far above the months before, or missing.
with run as (

    select * from {{ source('control', 'run') }}

),

{#- Whether there was usage day by day matters only now and in the month before. #}
usage_by_day as (

    select usage_by_day.*
    from {{ ref('int_usage_by_day') }} as usage_by_day
    inner join (
        select period from run
        union all
        select {{ add_months('period', -1) }} from run
    ) as months
        on usage_by_day.usage_period = months.period
    where usage_by_day.delivery_period <= {{ run_period() }}

),

deployments as (

    select * from {{ ref('int_deployments') }}
    where period = {{ run_period() }}

),

usage_by_month as (

    select
        usage_by_month.deployment_id,
        usage_by_month.resource_kind,
        usage_by_month.usage_period,
        {{ sum_qty('usage_by_month.billable_qty') }} as used_qty
    from {{ ref('int_usage_by_month') }} as usage_by_month
    inner join run
        on usage_by_month.delivery_period <= run.period
        and usage_by_month.usage_period >= {{ add_months('run.period', -12) }}
        and usage_by_month.usage_period <= run.period
    group by usage_by_month.deployment_id, usage_by_month.resource_kind, usage_by_month.usage_period

),

{#- Medians without division: an even count has two middle values, an odd one the same twice; so this is twice the
    median, and below four times the median of the deviations (MAD). #}
ranked_months as (

    select
        *,
        row_number() over (partition by deployment_id, resource_kind order by used_qty) as place,
        count(*) over (partition by deployment_id, resource_kind) as month_count
    from usage_by_month
    where usage_period < {{ run_period() }}

),

medians as (

    select
        deployment_id,
        resource_kind,
        sum(case when 2 * place in (month_count, month_count + 1) then used_qty else 0 end)
            + sum(case when 2 * place in (month_count + 1, month_count + 2) then used_qty else 0 end) as median_times_2
    from ranked_months
    where month_count >= {{ threshold('usage_spike', 'least_months') }}
    group by deployment_id, resource_kind

),

ranked_deviations as (

    select
        medians.deployment_id,
        medians.resource_kind,
        medians.median_times_2,
        ranked_months.month_count,
        abs(2 * ranked_months.used_qty - medians.median_times_2) as deviation_times_2,
        row_number() over (
            partition by medians.deployment_id, medians.resource_kind
            order by abs(2 * ranked_months.used_qty - medians.median_times_2)
        ) as place
    from medians
    inner join ranked_months
        on medians.deployment_id = ranked_months.deployment_id
        and medians.resource_kind = ranked_months.resource_kind

),

deviations as (

    select
        deployment_id,
        resource_kind,
        median_times_2,
        sum(case when 2 * place in (month_count, month_count + 1) then deviation_times_2 else 0 end)
            + sum(case when 2 * place in (month_count + 1, month_count + 2) then deviation_times_2 else 0 end) as mad_times_4
    from ranked_deviations
    group by deployment_id, resource_kind, median_times_2

),

usage_spikes as (

    select
        'usage_spike' as rule,
        deployments.tenant_id,
        usage_by_month.deployment_id,
        usage_by_month.resource_kind as subject,
        {{ no_cents() }},
        'Deployment ' || usage_by_month.deployment_id || ' used ' || {{ decimal_text('usage_by_month.used_qty') }} || ' '
            || usage_by_month.resource_kind || ', far above its usual '
            || {{ decimal_text('deviations.median_times_2 * cast(0.5 as decimal(2,1))') }}
            || ' (the median of the months before).' as message
    from usage_by_month
    inner join deviations
        on usage_by_month.deployment_id = deviations.deployment_id
        and usage_by_month.resource_kind = deviations.resource_kind
    left join deployments
        on usage_by_month.deployment_id = deployments.deployment_id
    where usage_by_month.usage_period = {{ run_period() }}
        and 4 * usage_by_month.used_qty
            > 2 * deviations.median_times_2 + {{ threshold('usage_spike', 'mads_above_median') }} * deviations.mad_times_4
        and 2 * usage_by_month.used_qty > {{ threshold('usage_spike', 'times_median') }} * deviations.median_times_2

),

steady_kinds as (

    select deployment_id, resource_kind
    from usage_by_day
    where usage_on < {{ run_period() }}
    group by deployment_id, resource_kind
    having count(distinct usage_on) >= {{ threshold('metering_gap', 'least_days_before') }}

),

metered_days as (

    select distinct deployment_id, resource_kind, usage_on
    from usage_by_day
    where usage_on >= {{ run_period() }}

),

{#- Days that follow each other have one and the same difference to their number. #}
silent_days as (

    select
        steady_kinds.resource_kind,
        billed_days.tenant_id,
        billed_days.deployment_id,
        billed_days.day_on,
        {{ add_days('billed_days.day_on', '-1 * cast(row_number() over (partition by billed_days.deployment_id, steady_kinds.resource_kind order by billed_days.day_on) as integer)') }} as stretch
    from {{ ref('int_billed_days') }} as billed_days
    inner join steady_kinds
        on billed_days.deployment_id = steady_kinds.deployment_id
    inner join run
        on billed_days.period = run.period
        and billed_days.day_on < run.as_of
    left join metered_days
        on billed_days.deployment_id = metered_days.deployment_id
        and steady_kinds.resource_kind = metered_days.resource_kind
        and billed_days.day_on = metered_days.usage_on
    where metered_days.usage_on is null

),

silent_stretches as (

    select
        tenant_id,
        deployment_id,
        resource_kind,
        stretch,
        min(day_on) as first_day,
        count(*) as day_count
    from silent_days
    group by tenant_id, deployment_id, resource_kind, stretch
    having count(*) >= {{ threshold('metering_gap', 'least_days') }}

),

metering_gaps as (

    select
        'metering_gap' as rule,
        tenant_id,
        deployment_id,
        resource_kind as subject,
        {{ no_cents() }},
        'Deployment ' || deployment_id || ' has no metering of ' || resource_kind || ' on billed days: '
            || cast(sum(day_count) as varchar) || ' days, first on ' || cast(min(first_day) as varchar)
            || '; the month before it had some nearly every day.' as message
    from silent_stretches
    group by tenant_id, deployment_id, resource_kind

),

{#- Usage that stopped altogether: events in each of the months before, none in a month that is over. #}
used_months_before as (

    select deployment_id, resource_kind
    from usage_by_month
    where usage_period >= {{ add_months(run_period(), "-1 * " ~ threshold('metering_gap', 'least_months_before')) }}
        and usage_period < {{ run_period() }}
    group by deployment_id, resource_kind
    having count(*) = {{ threshold('metering_gap', 'least_months_before') }}

),

billed_deployments as (

    select
        billed_days.tenant_id,
        billed_days.deployment_id
    from {{ ref('int_billed_days') }} as billed_days
    inner join run
        on billed_days.period = run.period
        and run.as_of >= {{ add_months('run.period', 1) }}
    group by billed_days.tenant_id, billed_days.deployment_id

),

silent_months as (

    select
        billed_deployments.tenant_id,
        billed_deployments.deployment_id,
        used_months_before.resource_kind
    from used_months_before
    inner join billed_deployments
        on used_months_before.deployment_id = billed_deployments.deployment_id
    left join usage_by_month
        on used_months_before.deployment_id = usage_by_month.deployment_id
        and used_months_before.resource_kind = usage_by_month.resource_kind
        and usage_by_month.usage_period = {{ run_period() }}
    {#- Where the silent days say so already, one sentence is enough. #}
    left join metering_gaps
        on used_months_before.deployment_id = metering_gaps.deployment_id
        and used_months_before.resource_kind = metering_gaps.subject
    where usage_by_month.deployment_id is null
        and metering_gaps.deployment_id is null

),

stopped_usage as (

    select
        'metering_gap' as rule,
        tenant_id,
        deployment_id,
        resource_kind as subject,
        {{ no_cents() }},
        'Deployment ' || deployment_id || ' has no metering of ' || resource_kind || ' in all of '
            || {{ month_text(run_period()) }} || ', though it has billed days; each of the '
            || {{ decimal_text(threshold('metering_gap', 'least_months_before')) }} || ' months before it had some.' as message
    from silent_months

),

final as (

    select * from usage_spikes
    union all
    select * from metering_gaps
    union all
    select * from stopped_usage

)

select * from final
