with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

day_numbers as (

    select tens.n * 10 + ones.n as n
    from (values (0), (1), (2), (3)) as tens (n)
    cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ones (n)

),

final as (

    select
        rated_periods.period,
        {{ add_days('rated_periods.period', 'day_numbers.n') }} as day_on
    from rated_periods
    inner join day_numbers
        on day_numbers.n < rated_periods.days_in_period

)

select * from final
