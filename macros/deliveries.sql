{#- Event feeds are read once per delivery: a model of one keeps the deliveries that it has and makes only those
    again that the run names as stale (their files, or files that they are compared with, have changed). -#}

{% macro stale_deliveries(feed) -%}
(select delivery_period from {{ source('control', 'stale_deliveries') }} where feed = '{{ feed }}')
{%- endmacro %}

{#- R6: the rows of an event feed that are no events of their own, because a valid row with their id came before
    them, in (delivery, file, row) order, at most so many months of delivery earlier (none given: ever).
    Hashes find the few candidates; only those are compared exactly, each with the row before it. `differing_columns`
    lists the columns of `content` that differ (by the name in `names`, where the landing has another one), null where
    none does; `previous` are columns whose value in the row before is added as `previous_<column>`.
    Grain is one row per duplicate. -#}
{% macro duplicate_events(events, feed, id, content, previous, names={}, months=none) -%}
with stale as (

    select delivery_period from {{ source('control', 'stale_deliveries') }}
    where feed = '{{ feed }}'

),

{#- The deliveries to look at; not as a relation, which would be kept in memory for its two readers. #}
{% set looked_at -%}
delivery_period <= (select max(delivery_period) from stale)
        {%- if months is not none %}
        and delivery_period >= (select {{ add_months('min(stale.delivery_period)', '-1 * max(' ~ months ~ ')') }} from stale)
        {%- endif %}
{%- endset %}
{#- Sorted, since nearly all are different: a group for each would take twice as long. -#}
hashes as (

    select
        id_hash,
        lag(id_hash) over (order by id_hash) as previous_hash
    from (
        select {{ hash64(id) }} as id_hash
        from {{ events }} as events
        where {{ looked_at }}
    ) as hashed

),

repeated_hashes as (

    select distinct id_hash
    from hashes
    where id_hash = previous_hash

),

candidates as (

    select events.*
    from {{ events }} as events
    inner join repeated_hashes
        on {{ hash64(id) }} = repeated_hashes.id_hash
    where {{ looked_at }}

),

compared as (

    select
        *,
        lag(delivery_period) over in_order as previous_delivery,
        {%- for column in previous %}
        lag({{ column }}) over in_order as previous_{{ column }},
        {%- endfor %}
        concat_ws(
            ', '
            {%- for column in content %},
            case when {{ column }} is distinct from lag({{ column }}) over in_order then '{{ names.get(column, column) }}' end
            {%- endfor %}
        ) as differing_columns
    from candidates
    window in_order as (partition by {{ id }} order by delivery_period, source_file, source_row)

),

final as (

    select
        delivery_period,
        source_file,
        source_row,
        {{ id }},
        {%- for column in content %}
        {{ column }},
        {%- endfor %}
        {%- for column in previous %}
        previous_{{ column }},
        {%- endfor %}
        nullif(differing_columns, '') as differing_columns
    from compared
    where previous_delivery is not null
        and delivery_period in (select delivery_period from stale)
        {%- if months is not none %}
        and previous_delivery >= {{ add_months('delivery_period', '-1 * ' ~ months) }}
        {%- endif %}

)

select * from final
{%- endmacro %}

{#- The kept rows of the stale deliveries. -#}
{% macro kept_events(events, duplicates, feed) -%}
select events.*
from {{ events }} as events
left join {{ duplicates }} as duplicates
    on events.delivery_period = duplicates.delivery_period
    and events.source_file = duplicates.source_file
    and events.source_row = duplicates.source_row
where duplicates.source_row is null
    and events.delivery_period in {{ stale_deliveries(feed) }}
{%- endmacro %}

{#- What the stale deliveries' rows of metering come to, by local day and UTC month; less than 0 of duplicates. -#}
{% macro event_sums(relation, is_duplicate) -%}
{%- set sign = '-' if is_duplicate else '' -%}
select
    {{ is_duplicate | lower }} as is_duplicate,
    events.delivery_period,
    events.deployment_id,
    events.resource_kind,
    events.resource_name,
    events.capability,
    events.is_billable,
    coalesce(local_days.local_on, cast(events.measured_at as date)) as usage_on,
    {{ month_of('events.measured_at') }} as utc_month,
    {{ sign }}{{ sum_qty('events.quantity') }} as quantity,
    {{ sign }}count(*) as event_count
from {{ relation }} as events
left join {{ local_day_of('events.measured_at', 'local_days') }}
where events.delivery_period in {{ stale_deliveries('metering') }}
group by
    events.delivery_period,
    events.deployment_id,
    events.resource_kind,
    events.resource_name,
    events.capability,
    events.is_billable,
    coalesce(local_days.local_on, cast(events.measured_at as date)),
    {{ month_of('events.measured_at') }}
{%- endmacro %}
