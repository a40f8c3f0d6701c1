{#- A public table of the contract that nothing fills yet: its columns and types as its yml declares them. -#}
{% macro empty_table() -%}
select
{%- for column in model.columns.values() %}
    cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
{%- endfor %}
where false
{%- endmacro %}
