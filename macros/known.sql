{#- "Known at M" (rules.md): merged by key over deliveries, the newest delivery up to and including M wins. -#}

{#- The span of months in which a delivered row is what is known of its key: half-open, empty end is open. -#}
{% macro known_span(key) -%}
_period as known_from,
    min(_period) over (partition by {{ key | join(", ") }}) as first_known_from,
    lead(_period) over (partition by {{ key | join(", ") }} order by _period) as known_until
{%- endmacro %}

{% macro known_at(alias, period) -%}
{{ alias }}.known_from <= {{ period }} and ({{ alias }}.known_until is null or {{ period }} < {{ alias }}.known_until)
{%- endmacro %}

{#- Whether a row says something else than the row before of its key, or is its first; `window` has the rows of a key in
    the order in which they were known. -#}
{% macro is_change(content, window) -%}
known_from = first_known_from
        {%- for column in content %}
        or {{ column }} is distinct from lag({{ column }}) over {{ window }}
        {%- endfor %}
{%- endmacro %}

{#- Rows of staging that say something else than the row before of their key, with the span in which that was known. A
    table is delivered whole each month, and nearly all that it says was said before: a long history is as short so. -#}
{% macro versions_of(relation, key, content) -%}
select
    {{ (key + content) | join(", ") }},
    known_from,
    first_known_from,
    lead(known_from) over (partition by {{ key | join(", ") }} order by known_from) as known_until
from (
    select
        *,
        {{ is_change(content, 'deliveries') }} as is_change
    from {{ relation }}
    window deliveries as (partition by {{ key | join(", ") }} order by known_from)
) as delivered
where is_change
{%- endmacro %}

{#- What was known at a period, or, where nothing was known then, what was known first. -#}
{% macro known_at_or_first(alias, period) -%}
(
    ({{ known_at(alias, period) }})
    or ({{ period }} < {{ alias }}.first_known_from and {{ alias }}.known_from = {{ alias }}.first_known_from)
)
{%- endmacro %}

{#- R15: what is taken as known at an earlier period, or, where nothing was known then, as known at the run's period. -#}
{% macro known_at_period(alias, rated_periods) -%}
(
    ({{ known_at(alias, rated_periods ~ '.period') }})
    or ({{ rated_periods }}.period < {{ alias }}.first_known_from and {{ known_at(alias, rated_periods ~ '.run_period') }})
)
{%- endmacro %}

{#- Whether a row from starts_on to before ends_on covers a day of a stretch: an empty end is open, an end on or before
    the start covers no day. -#}
{% macro covers_between(alias, from_day, until_day) -%}
(
    {{ alias }}.starts_on < {{ until_day }}
    and ({{ alias }}.ends_on is null or ({{ from_day }} < {{ alias }}.ends_on and {{ alias }}.starts_on < {{ alias }}.ends_on))
)
{%- endmacro %}

{% macro covers_a_day_of(alias, rated_periods) -%}
{{ covers_between(alias, rated_periods ~ '.period', rated_periods ~ '.next_period') }}
{%- endmacro %}

{#- Where a row came from, under staging's names. -#}
{% macro lineage() -%}
_period as delivery_period,
    _file as source_file,
    _row as source_row
{%- endmacro %}

{#- The period of the run and the newest period that the warehouse is to know of, as data (never as a variable). -#}
{% macro run_period() -%}
(select period from {{ source('control', 'run') }})
{%- endmacro %}

{% macro horizon() -%}
(select horizon from {{ source('control', 'run') }})
{%- endmacro %}

{#- Join to the local days of the billing time zone; then <alias>.local_on is the day of the instant (R2). -#}
{% macro local_day_of(instant, alias) -%}
{{ source('control', 'local_days') }} as {{ alias }}
        on cast({{ instant }} as date) = {{ alias }}.utc_on
        and {{ instant }} >= {{ alias }}.utc_from
        and {{ instant }} < {{ alias }}.utc_until
{%- endmacro %}

{#- By the month in which it was first known: rows of a snapshot that say something else than the version of their key
    before, or whose key is new. `subject` is the column that names what a row is about: what it named before has
    changed too. -#}
{% macro changes_of(relation, key, subject, content) -%}
select distinct
    case sides.side when 'after' then versions.subject else versions.previous_subject end as subject,
    versions.known_from as known_in
from (
    select
        {{ subject }} as subject,
        known_from,
        lag({{ subject }}) over versions as previous_subject,
        {{ is_change(content, 'versions') }} as is_change
    from {{ relation }}
    window versions as (partition by {{ key | join(', ') }} order by known_from)
) as versions
cross join (values ('before'), ('after')) as sides (side)
where versions.is_change
    and versions.known_from <= {{ run_period() }}
{%- endmacro %}
