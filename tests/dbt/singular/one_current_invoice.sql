-- One current invoice per tenant and period.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'billing__invoices'}}}) }}
select tenant_id, period, count(*) as current_invoices
from {{ ref('billing__invoices') }}
where is_current
group by tenant_id, period
having count(*) > 1
