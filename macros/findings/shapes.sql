{#- The money columns of a finding that is about something else. -#}
{% macro no_cents() -%}
cast(null as bigint) as expected_cents,
        cast(null as bigint) as actual_cents,
        cast(null as varchar) as currency
{%- endmacro %}

{#- Those of money that should have been charged and was not. -#}
{% macro unpaid_cents(cents, currency) -%}
{{ cents }} as expected_cents,
        case when {{ cents }} is not null then cast(0 as bigint) end as actual_cents,
        case when {{ cents }} is not null then {{ currency }} end as currency
{%- endmacro %}

{#- What a subject adds where its amounts are in several currencies: each is a finding of its own. -#}
{% macro currency_suffix(keys) -%}
case when count(*) over (partition by {{ keys | join(', ') }}) > 1 then coalesce(' ' || currency, '') else '' end
{%- endmacro %}

{#- The severity_case of a finding that is always as grave as its rule; others name a row of ref_anomaly_cases. -#}
{% macro no_case() -%}
cast(null as varchar) as severity_case
{%- endmacro %}

{#- The stake of a finding whose money no other finding counts. -#}
{% macro no_stake() -%}
cast(null as varchar) as stake
{%- endmacro %}

{#- Which currency the provider's amounts and margins of a finding are converted into. -#}
{% macro reporting_currency() -%}
(select reporting_currency from {{ source('control', 'run') }})
{%- endmacro %}

{#- An amount of the provider's in cents of the reporting currency, or of its own where the month has no rate; and which of
    the two it is. -#}
{% macro provider_cents(amount, rate) -%}
{{ reporting_cents(amount, 'coalesce(' ~ rate ~ ', 1)') }}
{%- endmacro %}

{% macro provider_currency(currency, rate) -%}
case when {{ rate }} is null then {{ currency }} else {{ reporting_currency() }} end
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

{#- How a sentence about duplicates of a deployment begins. -#}
{% macro repeated_rows(duplicates) -%}
'Rows of ' || {{ duplicates }}.feed || ' for deployment ' || {{ duplicates }}.deployment_id || ' that repeat an id with other content: '
            || cast(count(*) as varchar) || ' (' || min({{ duplicates }}.id)
            || case when count(distinct {{ duplicates }}.id) > 1 then ' and others' else '' end || ')'
{%- endmacro %}
