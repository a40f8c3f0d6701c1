with anomalies as (

    select
        period,
        tenant_id,
        count(*) filter (where severity = 'critical') as critical_count,
        count(*) filter (where severity = 'warning') as warning_count,
        sum(at_stake_cents) as delta_cents
    from {{ ref('reconciliation__anomalies') }}
    where tenant_id is not null
    group by period, tenant_id

),

invoices as (

    select period, tenant_id, subtotal_cents
    from {{ ref('billing__invoices') }}
    where is_current

),

final as (

    select
        coalesce(anomalies.period, invoices.period) as period,
        coalesce(anomalies.tenant_id, invoices.tenant_id) as tenant_id,
        coalesce(anomalies.critical_count, 0) > 0
            or (
                coalesce(anomalies.delta_cents, 0) > 0
                and cast(anomalies.delta_cents as decimal(20,0))
                    >= cast(abs(coalesce(invoices.subtotal_cents, 0)) as decimal(20,0)) * {{ threshold('account_risk', 'part_of_subtotal') }}
            ) as high_risk,
        cast(coalesce(anomalies.critical_count, 0) as integer) as critical_count,
        cast(coalesce(anomalies.warning_count, 0) as integer) as warning_count,
        cast(coalesce(anomalies.delta_cents, 0) as bigint) as delta_cents
    from anomalies
    full outer join invoices
        on anomalies.period = invoices.period
        and anomalies.tenant_id = invoices.tenant_id

)

select * from final
