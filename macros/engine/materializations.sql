{#- How models become tables. Nobody reads the warehouse during a run (the home's lock), so a table is replaced where
    it stands, in one transaction; dbt's own way (make it under another name, swap, drop) takes several statements more,
    and a close has a hundred of them. A warehouse is never older than the project (warehouse/sources.py), so what is
    there has the right columns, and a contract needs to be checked only when the table is made. -#}

{% materialization table, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {% call statement('main') -%}
    {%- if existing is none -%}
      {{ create_table_as(False, target, sql) }}
    {%- elif config.get('contract').enforced -%}
      delete from {{ target }};
      insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(sql) }});
    {%- else -%}
      create or replace table {{ target }} as ({{ sql }})
    {%- endif -%}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- A table that keeps what earlier runs put there, but for the rows that this run makes again: those of its month
    (config `made_by`: `period`), or of the deliveries that it names as stale (`made_by`: the feed). -#}
{% materialization kept, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- set made_by = config.require('made_by') -%}
  {% call statement('main') -%}
    {%- if existing is none -%}
      {{ create_table_as(False, target, sql) }}
    {%- else -%}
      delete from {{ target }}
      where {% if made_by == 'period' -%} period = {{ run_period() }}
        {%- else -%} delivery_period in {{ stale_deliveries(made_by) }} {%- endif %};
      insert into {{ target }} by name ({{ sql }})
    {%- endif -%}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}
