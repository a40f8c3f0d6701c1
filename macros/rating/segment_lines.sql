{#- The one chain from segments to priced lines (R5, R7 to R10), as the CTEs of a statement whose earlier CTEs are
    named segments, segment_addons, segment_usage, lots, plan_items and plan_item_tiers. A quote runs it over what it is asked;
    the models of intermediate/rating run the same macros, one each, so that every step can be queried. -#}
{% macro segment_lines_ctes() -%}
allowances as (

    {{ segment_allowances('segments', 'segment_addons', 'plan_items') }}

),

needs as (

    {{ segment_needs('segments', 'segment_usage', 'allowances', 'plan_items') }}

),

applied as (

    {{ top_ups_applied('needs', 'lots') }}

),

overages as (

    {{ segment_overages('needs', 'applied', 'plan_items') }}

),

rated as (

    {{ rated_lines('segments', 'segment_addons', 'overages', 'plan_item_tiers') }}

),

segment_lines as (

    select * from rated
    union all
    {{ minimum_lines('segments', 'rated') }}

)
{%- endmacro %}

{% macro rated_lines(segments, segment_addons, overages, tiers) -%}
{{ plan_base_lines(segments) }}
union all
{{ addon_lines(segments, segment_addons) }}
union all
{{ overage_lines(segments, overages, tiers) }}
{%- endmacro %}
