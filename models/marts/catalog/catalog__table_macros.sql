{% set parameters = 'plan, starts_on, addons := null, usage := null, top_ups := null' %}
{% set arguments = 'plan, starts_on, addons := addons, usage := usage, top_ups := top_ups' %}
{% set about_lines = 'The lines of a quote, made by the SQL of invoices: part is recurring, overage or minimum (a whole month, with the'
    ~ ' usage asked for) or first_invoice (from starts_on to the end of its month, without usage). Asked with plan VARCHAR'
    ~ ' (a plan code: its greatest version), starts_on DATE, addons VARCHAR[] (addon codes), usage and top_ups MAP (resource'
    ~ ' kind to quantity); null is none of it. Amounts are cents without tax. One row per line.' %}
{% set about_quote = 'What a plan costs, made by the SQL of invoices, in cents without tax: recurring_cents, overage_cents and'
    ~ ' minimum_cents of a whole month, their sum all_in_monthly_cents, and first_invoice_cents from starts_on to the end of'
    ~ ' its month, without usage. Asked as billing.quote_lines is. One row.' %}
select
    1 as position,
    'billing.quote_lines' as macro_name,
    $macro$create macro billing.quote_lines({{ parameters }}) as table {{ quote_lines_sql() }}$macro$ as create_statement,
    '{{ about_lines }}' as description
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
    from billing.quote_lines({{ arguments }})$macro$ as create_statement,
    '{{ about_quote }}' as description
