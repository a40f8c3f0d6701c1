-- A sealed balance opens with what the period before closed with.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'billing__top_up_balances'}}}) }}
with newest as (

    select *
    from {{ source('ledger', 'top_up_balances') }}
    qualify row_number() over (partition by top_up_id, period order by seal_number desc) = 1

),

balances as (

    select
        *,
        lag(closing_qty) over (partition by top_up_id order by period) as carried_qty
    from newest

)

select *
from balances
where opening_qty <> carried_qty
