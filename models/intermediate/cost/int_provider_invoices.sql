{#- What is published is as known at the horizon, what a run reports as known at its month: two months where an earlier
    one is made again, one else. #}
with known_periods as (

    select period as known_period from {{ source('control', 'run') }}
    union
    select horizon from {{ source('control', 'run') }}

),

run as (

    select * from {{ source('control', 'run') }}

),

lines as (

    select
        known_periods.known_period,
        invoice_lines.*
    from {{ ref('stg_digitalocean__invoice_lines') }} as invoice_lines
    inner join known_periods
        on invoice_lines.delivery_period <= known_periods.known_period

),

summaries as (

    select
        known_periods.known_period,
        invoice_summaries.*,
        row_number() over (
            partition by known_periods.known_period, invoice_summaries.invoice_uuid
            order by invoice_summaries.delivery_period desc
        ) as recency
    from {{ ref('stg_digitalocean__invoice_summaries') }} as invoice_summaries
    inner join known_periods
        on invoice_summaries.delivery_period <= known_periods.known_period

),

fx_rates as (

    select * from {{ ref('stg_control_plane__fx_rates') }}

),

deliveries as (

    select
        known_period,
        invoice_uuid,
        min(delivery_period) as first_delivery_period,
        max(delivery_period) as delivery_period
    from lines
    group by known_period, invoice_uuid

),

first_starts as (

    select
        deliveries.known_period,
        deliveries.invoice_uuid,
        deliveries.first_delivery_period,
        deliveries.delivery_period,
        min(lines.started_at) as started_at
    from deliveries
    inner join lines
        on deliveries.known_period = lines.known_period
        and deliveries.invoice_uuid = lines.invoice_uuid
        and deliveries.delivery_period = lines.delivery_period
    group by
        deliveries.known_period,
        deliveries.invoice_uuid,
        deliveries.first_delivery_period,
        deliveries.delivery_period

),

invoices as (

    select
        first_starts.known_period,
        first_starts.invoice_uuid,
        first_starts.first_delivery_period,
        first_starts.delivery_period,
        coalesce(summaries.billing_period, {{ month_of('first_starts.started_at') }}) as period,
        summaries.summary_total,
        cast('USD' as varchar) as currency
    from first_starts
    left join summaries
        on first_starts.known_period = summaries.known_period
        and first_starts.invoice_uuid = summaries.invoice_uuid
        and summaries.recency = 1
        and summaries.delivery_period >= first_starts.delivery_period

),

final as (

    select
        invoices.*,
        greatest(invoices.period, invoices.delivery_period) as reported_in,
        case
            when invoices.currency = run.reporting_currency then cast(1 as decimal(18,9))
            else fx_rates.rate
        end as reporting_rate
    from invoices
    cross join run
    left join fx_rates
        on invoices.period = fx_rates.period
        and invoices.currency = fx_rates.from_currency
        and run.reporting_currency = fx_rates.to_currency
        and {{ known_at('fx_rates', 'invoices.known_period') }}

)

select * from final
