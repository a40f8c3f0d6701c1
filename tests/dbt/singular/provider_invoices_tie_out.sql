-- Gross = net + tax = allocated + unallocated + credits + tax.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'cost__invoices'}}}) }}
select *
from {{ ref('cost__invoices') }}
where gross <> net + tax
    or net <> allocated + unallocated + credits
