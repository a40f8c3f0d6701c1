with run as (

    select * from {{ source('control', 'run') }}

),

sealed_periods as (

    select
        period,
        min(seal_number) as first_seal_number
    from {{ source('carried', 'seals') }}
    group by period

),

{#- R15: periods of which an invoice was replaced since the month before the run's was first sealed. #}
reissued_periods as (

    select distinct invoices.period
    from {{ source('carried', 'invoices') }} as invoices
    cross join run
    inner join sealed_periods as month_before
        on month_before.period = {{ add_months('run.period', -1) }}
    where invoices.status = 'void'
        and invoices.seal_number > month_before.first_seal_number

),

adjustable_periods as (

    select sealed_periods.period
    from sealed_periods
    cross join run
    where sealed_periods.period >= {{ add_months('run.period', '-1 * run.adjustment_months') }}
    union
    select period from reissued_periods

),

periods as (

    select period, 'invoice' as purpose from run
    union all
    select period, 'adjustment' from adjustable_periods
    union all
    select distinct usage_period, 'late' from {{ ref('int_late_usage') }}
    where usage_period not in (select period from adjustable_periods)

),

final as (

    select
        periods.period,
        periods.purpose,
        run.period as run_period,
        {{ add_months('periods.period', 1) }} as next_period,
        cast({{ add_months('periods.period', 1) }} - periods.period as integer) as days_in_period
    from periods
    cross join run

)

select * from final
