{#- The money columns of a finding that is about something else. -#}
{% macro no_cents() -%}
cast(null as bigint) as expected_cents,
        cast(null as bigint) as actual_cents,
        cast(null as varchar) as currency
{%- endmacro %}

{#- The severity_case of a finding that is always as grave as its rule; others name a row of ref_anomaly_cases. -#}
{% macro no_case() -%}
cast(null as varchar) as severity_case
{%- endmacro %}

{#- Which currency the provider's amounts and margins of a finding are converted into. -#}
{% macro reporting_currency() -%}
(select reporting_currency from {{ source('control', 'run') }})
{%- endmacro %}

{#- A threshold of an anomaly rule, from reference data. -#}
{% macro threshold(rule, name) -%}
(select value from {{ ref('ref_anomaly_thresholds') }} where rule = '{{ rule }}' and threshold = '{{ name }}')
{%- endmacro %}

{#- `YYYY-MM ` before the subject where a finding is about an earlier month than the run's. -#}
{% macro earlier_month(period) -%}
case when {{ period }} = {{ run_period() }} then '' else {{ month_text(period) }} || ' ' end
{%- endmacro %}

{#- Keys of a table that the run's delivery of it leaves out although the delivery before had them: columns table_name,
    left_out (a key as text). `deliveries` has both by table, whether or not they have rows. -#}
{% macro left_out(deliveries, feed, table_name, key) -%}
{%- set relation = ref('stg_' ~ feed ~ '__' ~ table_name) -%}
select
    '{{ table_name }}' as table_name,
    concat_ws(' ', {% for column in key %}rows_before.{{ column }}{{ ', ' if not loop.last }}{% endfor %}) as left_out
from {{ relation }} as rows_before
inner join {{ deliveries }} as deliveries
    on deliveries.table_name = '{{ feed }}__{{ table_name }}'
    and rows_before.known_from = deliveries.delivery_before
left join (
    select * from {{ relation }} where known_from = {{ run_period() }}
) as rows_now
    on {% for column in key %}rows_before.{{ column }} = rows_now.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
where rows_now.known_from is null
{%- endmacro %}

{#- Rows of a control plane table, delivered in the run's month, whose reference leads nowhere: columns deployment_id,
    subject, message. -#}
{% macro dangling(table, id, other_table, reference, consequence) -%}
select distinct
    {{ 'rows_now.deployment_id' if reference == 'deployment_id' else 'cast(null as varchar) as deployment_id' }},
    '{{ table }} ' || rows_now.{{ id }} || ' ' || rows_now.{{ reference }} as subject,
    'The row ' || rows_now.{{ id }} || ' of {{ table }} names ' || rows_now.{{ reference }}
        || ', which no delivery of {{ other_table }} has; {{ consequence }}.' as message
from {{ ref('stg_control_plane__' ~ table) }} as rows_now
left join {{ ref('stg_control_plane__' ~ other_table) }} as others
    on rows_now.{{ reference }} = others.{{ reference }}
    and {{ 'others.delivery_period' if other_table == 'plan_versions' else 'others.known_from' }} <= {{ run_period() }}
where {{ 'rows_now.delivery_period' if table == 'plan_items' else 'rows_now.known_from' }} = {{ run_period() }}
    and rows_now.{{ reference }} is not null
    and others.{{ reference }} is null
{%- endmacro %}
