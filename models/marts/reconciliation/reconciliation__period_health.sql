with run as (

    select * from {{ source('control', 'run') }}

),

seals as (

    select
        period,
        audit_hash,
        row_number() over (partition by period order by seal_number desc) as recency
    from {{ source('ledger', 'seals') }}

),

made_periods as (

    select period from run
    union
    select period from {{ source('control', 'made_months') }}
    union
    select period from seals

),

invoices as (

    select
        period,
        currency,
        count(*) as invoice_count,
        {{ sum_cents('subtotal_cents') }} as subtotal_cents,
        {{ sum_cents('tax_cents') }} as tax_cents,
        {{ sum_cents('total_cents') }} as total_cents
    from {{ ref('billing__invoices') }}
    where is_current
    group by period, currency

),

anomalies as (

    select
        period,
        count(*) as anomaly_count,
        count(*) filter (where severity <> 'info') as review_count
    from {{ ref('reconciliation__anomalies') }}
    group by period

),

risks as (

    select
        period,
        count(*) as high_risk_count
    from {{ ref('reconciliation__account_risk') }}
    where high_risk
    group by period

),

final as (

    select
        made_periods.period,
        case when coalesce(anomalies.review_count, 0) > 0 then 'needs-revenue-ops-review' else 'healthy' end as status,
        coalesce(invoices.currency, run.reporting_currency) as currency,
        cast(coalesce(invoices.invoice_count, 0) as integer) as invoice_count,
        coalesce(invoices.subtotal_cents, 0) as subtotal_cents,
        coalesce(invoices.tax_cents, 0) as tax_cents,
        coalesce(invoices.total_cents, 0) as total_cents,
        cast(coalesce(anomalies.anomaly_count, 0) as integer) as anomaly_count,
        cast(coalesce(risks.high_risk_count, 0) as integer) as high_risk_count,
        seals.audit_hash
    from made_periods
    cross join run
    left join invoices
        on made_periods.period = invoices.period
    left join anomalies
        on made_periods.period = anomalies.period
    left join risks
        on made_periods.period = risks.period
    left join seals
        on made_periods.period = seals.period
        and seals.recency = 1

)

select * from final
