{#- R12: whether a tax rate is valid on the last day of a period. -#}
{% macro is_in_force(rates, period) -%}
(
    {{ rates }}.valid_from < {{ add_months(period, 1) }}
    and ({{ rates }}.valid_to is null or {{ rates }}.valid_to >= {{ add_months(period, 1) }})
)
{%- endmacro %}
