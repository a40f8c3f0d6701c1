-- Used = covered by the allowance + top-ups + overage + cut off by the cap + unpriced.
{{ config(tags=['expected'], meta={'dagster': {'ref': {'name': 'int_expected_usage_allowances'}}}) }}
select *
from {{ ref('int_expected_usage_allowances') }}
where used_qty <> covered_qty + top_up_qty + overage_qty + capped_qty + unpriced_qty
    or covered_qty > allowance_qty
