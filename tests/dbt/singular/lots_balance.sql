-- Opening - applied - expired = closing, and nothing is below zero.
{{ config(tags=['expected'], meta={'dagster': {'ref': {'name': 'int_expected_top_up_balances'}}}) }}
select *
from {{ ref('int_expected_top_up_balances') }}
where opening_qty - applied_qty - expired_qty <> closing_qty
    or least(opening_qty, applied_qty, expired_qty, closing_qty) < 0
