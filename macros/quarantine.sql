{#- Which part of a plan version's price list a row of control.quarantine was meant for. -#}
{% macro part_of_price_list() -%}
case table_name when 'control_plane__plan_items' then 'items' else 'tiers' end
{%- endmacro %}

{#- Which records of a group are quarantined, to be put in parentheses. row_count: how many records the group has. -#}
{% macro quarantined_records(file, line, row_count) -%}
'record ' || cast(min({{ line }}) as varchar) || ' of ' || min({{ file }})
            || case when {{ row_count }} > 1 then ' and others are quarantined' else ' is quarantined' end
{%- endmacro %}
