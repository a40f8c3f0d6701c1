{% set parameters = 'plan, starts_on, addons := null, usage := null, top_ups := null' %}
{% set arguments = 'plan, starts_on, addons := addons, usage := usage, top_ups := top_ups' %}
select
    1 as position,
    'billing.quote_lines' as macro_name,
    $macro$create macro billing.quote_lines({{ parameters }}) as table {{ quote_lines_sql() }}$macro$ as create_statement
union all
select
    2 as position,
    'billing.quote' as macro_name,
    $macro$create macro billing.quote({{ parameters }}) as table
    select
        cast(coalesce(sum(case when part = 'recurring' then amount_cents end), 0) as bigint) as recurring_cents,
        cast(coalesce(sum(case when part = 'first_invoice' then amount_cents end), 0) as bigint) as first_invoice_cents,
        cast(coalesce(sum(case when part = 'overage' then amount_cents end), 0) as bigint) as overage_cents,
        cast(coalesce(sum(case when part = 'minimum' then amount_cents end), 0) as bigint) as minimum_cents,
        cast(coalesce(sum(case when part <> 'first_invoice' then amount_cents end), 0) as bigint) as all_in_monthly_cents
    from billing.quote_lines({{ arguments }})$macro$ as create_statement
