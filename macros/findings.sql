{#- The money columns of a finding that is about something else. -#}
{% macro no_cents() -%}
cast(null as bigint) as expected_cents,
        cast(null as bigint) as actual_cents
{%- endmacro %}

{#- A threshold of an anomaly rule, from reference data. -#}
{% macro threshold(rule, name) -%}
(select value from {{ ref('ref_anomaly_thresholds') }} where rule = '{{ rule }}' and threshold = '{{ name }}')
{%- endmacro %}
