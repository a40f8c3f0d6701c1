{#- The money columns of a finding that is about something else. -#}
{% macro no_cents() -%}
cast(null as bigint) as expected_cents,
        cast(null as bigint) as actual_cents
{%- endmacro %}
