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
