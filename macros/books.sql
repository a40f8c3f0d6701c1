{#- A table of the books: for tenants with a sealed invoice as the newest seal of (tenant, period) lists it, else as
    the warehouse derived it. Grain is that of the table. -#}
{% macro sealed_else_expected(table, expected, columns) -%}
with invoices as (

    select tenant_id, period, seal_number
    from {{ source('ledger', 'current_invoices') }}

),

sealed as (

    select sealed.*
    from {{ source('ledger', table) }} as sealed
    inner join invoices
        on sealed.tenant_id = invoices.tenant_id
        and sealed.period = invoices.period
        and sealed.seal_number = invoices.seal_number

),

expected as (

    select expected.*
    from {{ expected }} as expected
    left join invoices
        on expected.tenant_id = invoices.tenant_id
        and expected.period = invoices.period
    where invoices.tenant_id is null

),

final as (

    select {{ columns | join(', ') }} from sealed
    union all
    select {{ columns | join(', ') }} from expected

)

select * from final
{%- endmacro %}
