{#- Exports that must not leave the house. -#}
{% macro findings_of_analytics_exports() -%}
select
    'unsafe_export' as rule,
    cast(null as varchar) as tenant_id,
    cast(null as varchar) as deployment_id,
    export_id as subject,
    {{ no_cents() }},
    'The export ' || export_id || ' must not be given away: ' || reasons
        || coalesce(' (columns ' || offending_columns || ')', '')
        || coalesce('; its smallest group has ' || cast(smallest_group_size as varchar) || ' of at least '
            || cast(least_group_size as varchar) || ' rows', '') || '.' as message
from {{ ref('reconciliation__analytics_exports') }}
where period = {{ run_period() }}
    and verdict = 'unsafe'
{%- endmacro %}
