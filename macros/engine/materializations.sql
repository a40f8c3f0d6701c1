{#- How nodes become tables and views. Nobody reads the warehouse during a run (the home's lock), so what is there is
    replaced where it stands, in one transaction; dbt's own way (make it under another name, swap, drop) takes several
    statements more, and a close has a hundred of them.

    Every statement means the same whatever is there already: it asks dbt for no relation. So the SQL that dbt once ran
    for a node is right for every later month and home (warehouse/recording.py), and may be run twice. -#}

{% materialization table, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {% call statement('main') -%}
    {%- if config.get('contract').enforced -%}
      {{ get_assert_columns_equivalent(sql) }}
      create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
      insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(sql) }})
    {%- else -%}
      create or replace table {{ target }} as ({{ sql }})
    {%- endif -%}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- A table that keeps what earlier runs put there, but for the rows that this run makes again: those of its month
    (config `made_by`: `period`), or of the deliveries that it names as stale (`made_by`: the feed). A warehouse is never
    older than the project (warehouse/sources.py), so a table that is there has the right columns. -#}
{% materialization kept, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set made_by = config.require('made_by') -%}
  {% call statement('main') -%}
    {%- if config.get('contract').enforced -%}
      {{ get_assert_columns_equivalent(sql) }}
      create table if not exists {{ target }} {{ get_table_columns_and_constraints() }};
    {%- else -%}
      create table if not exists {{ target }} as (select * from ({{ sql }}) as model_subq limit 0);
    {%- endif %}
    delete from {{ target }}
    where {% if made_by == 'period' -%} period = {{ run_period() }}
      {%- else -%} delivery_period in {{ stale_deliveries(made_by) }} {%- endif %};
    insert into {{ target }} by name ({{ sql }})
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- A table of which a month is written only if its rows are others than those that stand there: writing takes most of
    the time that a great table takes, and of its months nearly all stay as they are. Months are compared by the number
    of their rows and the sum of their 64-bit hashes (hashed twice: see takeover.py): two sets of rows are taken for
    one with a chance of about 1 in 2^64. -#}
{% materialization by_month, adapter='duckdb' %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set made, changed = this.identifier ~ '__made', this.identifier ~ '__changed' -%}
  {% call statement('main') -%}
    {{ get_assert_columns_equivalent(sql) }}
    create table if not exists {{ target }} {{ get_table_columns_and_constraints() }};
    create or replace temp table {{ made }} as (select * from {{ target }} limit 0);
    insert into {{ made }} {{ get_column_names() }} ({{ get_select_subquery(sql) }});
    create or replace temp table {{ changed }} as (
      select coalesce(made.period, there.period) as period
      from (select period, count(*) as row_count, sum(hash(hash({{ made }}))) as hashes from {{ made }} group by period) as made
      full join (
        select period, count(*) as row_count, sum(hash(hash({{ this.identifier }}))) as hashes from {{ target }} group by period
      ) as there
        on made.period is not distinct from there.period
      where (made.row_count, made.hashes) is distinct from (there.row_count, there.hashes)
    );
    delete from {{ target }} as there
    where exists (select * from {{ changed }} as changed where changed.period is not distinct from there.period);
    insert into {{ target }} (
      select * from {{ made }} as made
      where exists (select * from {{ changed }} as changed where changed.period is not distinct from made.period)
    );
    drop table {{ made }};
    drop table {{ changed }}
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
  {%- set target = this.incorporate(type='view') -%}
  {% call statement('main') -%}
    create or replace view {{ target }} as ({{ sql }})
  {%- endcall %}
  {{ adapter.commit() }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Reference data, in the types of `_seeds.yml`. -#}
{% macro duckdb__create_csv_table(model, agate_table) %}
  {%- set types = model['config'].get('column_types', {}) -%}
  {% set sql %}
    create or replace table {{ this.render() }} (
      {%- for name in agate_table.column_names -%}
        {{ name }} {{ types[name] }}{%- if not loop.last %}, {% endif -%}
      {%- endfor -%}
    )
  {% endset %}
  {% call statement('_') -%} {{ sql }} {%- endcall %}
  {{ return(sql) }}
{% endmacro %}
