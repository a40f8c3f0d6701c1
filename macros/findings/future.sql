{#- What findings about dates ahead of their delivery share (R19, future_usage). -#}

{#- Whether a delivered row is dated after the month of its delivery, by more than the tolerance, and is not yet due: an
    event of the first tolerated day is billed in the month after. -#}
{% macro is_ahead(alias, day) -%}
{{ alias }}.delivery_period <= {{ run_period() }}
        and {{ alias }}.usage_period > {{ run_period() }}
        and {{ alias }}.{{ day }} >= {{ add_days(
            add_months(alias ~ '.delivery_period', 1), 'cast(' ~ threshold('future_usage', 'tolerance_days') ~ ' as integer)'
        ) }}
{%- endmacro %}

{% macro dated_ahead(first_on, last_on) -%}
case
                when {{ first_on }} = {{ last_on }} then ' are dated ' || cast({{ first_on }} as varchar)
                else ' are dated from ' || cast({{ first_on }} as varchar) || ' to ' || cast({{ last_on }} as varchar)
            end || ', after the month that they were delivered for; nobody is charged before '
            || {{ month_text(first_on) }}
{%- endmacro %}
