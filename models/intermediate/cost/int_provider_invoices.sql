with lines as (

    select * from {{ ref('stg_digitalocean__invoice_lines') }}
    where delivery_period <= {{ horizon() }}

),

summaries as (

    select
        *,
        row_number() over (partition by invoice_uuid order by delivery_period desc) as recency
    from {{ ref('stg_digitalocean__invoice_summaries') }}
    where delivery_period <= {{ horizon() }}

),

newest_deliveries as (

    select
        invoice_uuid,
        max(delivery_period) as delivery_period
    from lines
    group by invoice_uuid

),

first_starts as (

    select
        lines.invoice_uuid,
        lines.delivery_period,
        min(lines.started_at) as started_at
    from lines
    inner join newest_deliveries
        on lines.invoice_uuid = newest_deliveries.invoice_uuid
        and lines.delivery_period = newest_deliveries.delivery_period
    group by lines.invoice_uuid, lines.delivery_period

),

final as (

    select
        first_starts.invoice_uuid,
        first_starts.delivery_period,
        coalesce(summaries.billing_period, {{ month_of('first_starts.started_at') }}) as period,
        summaries.summary_total
    from first_starts
    left join summaries
        on first_starts.invoice_uuid = summaries.invoice_uuid
        and summaries.recency = 1

)

select * from final
