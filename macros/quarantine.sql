{#- Which part of a plan version's price list a row of control.quarantine was meant for. -#}
{% macro part_of_price_list() -%}
case table_name when 'control_plane__plan_items' then 'items' else 'tiers' end
{%- endmacro %}

{#- Which records of a group are quarantined, to be put in parentheses; the columns are those of control.quarantine. -#}
{% macro quarantined_records(file, line) -%}
'record ' || cast(min({{ line }}) as varchar) || ' of ' || min({{ file }})
            || case when count(*) > 1 then ' and others are quarantined' else ' is quarantined' end
{%- endmacro %}
