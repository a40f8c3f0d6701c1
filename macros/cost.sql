{#- Which of the lines (or items) that look alike one is, and how many there are: the n-th line is the n-th item. -#}
{% macro occurrence(number) -%}
row_number() over (
            partition by known_period, invoice_uuid, product, description, amount, started_at
            order by ended_at, {{ number }}
        ) as occurrence,
        count(*) over (
            partition by known_period, invoice_uuid, product, description, amount, started_at
        ) as occurrences
{%- endmacro %}

{#- An amount of 6 decimals as a whole number of its smallest parts, and back. -#}
{% macro amount_parts(amount) -%}
cast(cast({{ amount }} as decimal(38,6)) * 1000000 as decimal(38,0))
{%- endmacro %}

{% macro parts_amount(n) -%}
cast(cast({{ n }} as decimal(31,0)) * cast(0.000001 as decimal(7,6)) as decimal(38,6))
{%- endmacro %}

{#- An amount in major units, or a sum of products of amount_parts and rate_parts, as cents of the reporting currency;
    rounded once, half away from zero. Without a rate there are none. -#}
{% macro reporting_cents(amount, rate) -%}
{{ parts_cents('(' ~ amount_parts(amount) ~ ' * ' ~ rate_parts(rate) ~ ')') }}
{%- endmacro %}

{% macro rate_parts(rate) -%}
cast(cast({{ rate }} as decimal(38,9)) * 1000000000 as decimal(38,0))
{%- endmacro %}

{% macro parts_cents(product) -%}
cast({{ round_div(product, '10000000000000') }} as bigint)
{%- endmacro %}
