{#- Public tables have the contract's names; two schemas may have a table of one name, so files are <schema>__<table>. -#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
{%- if custom_alias_name -%}
{{ custom_alias_name | trim }}
{%- elif 'marts' in node.fqn -%}
{{ node.name.split('__')[1] }}
{%- else -%}
{{ node.name }}
{%- endif -%}
{%- endmacro %}
