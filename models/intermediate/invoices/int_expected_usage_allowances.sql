{{ config(materialized='kept', made_by='period') }}
with segments as (

    select * from {{ ref('int_segments') }}
    where period = {{ run_period() }}

),

overages as (

    select * from {{ ref('int_segment_overages') }}

),

usage_by_segment as (

    select * from {{ ref('int_usage_by_segment') }}
    where period = {{ run_period() }}
        and tenant_id is not null

),

rated as (

    select
        segments.period,
        segments.tenant_id,
        segments.deployment_id,
        overages.resource_kind,
        overages.used_qty,
        cast(0 as decimal(27,9)) as unbilled_qty,
        cast(0 as decimal(27,9)) as non_billable_qty,
        overages.included_qty,
        overages.addon_qty,
        overages.allowance_qty,
        overages.covered_qty,
        overages.top_up_qty,
        overages.overage_qty,
        overages.capped_qty,
        overages.unpriced_qty
    from overages
    inner join segments
        on overages.segment_key = segments.segment_key

),

not_rated as (

    select
        period,
        tenant_id,
        deployment_id,
        resource_kind,
        0 as used_qty,
        case when segment_key is null then billable_qty else 0 end as unbilled_qty,
        non_billable_qty,
        0 as included_qty,
        0 as addon_qty,
        0 as allowance_qty,
        0 as covered_qty,
        0 as top_up_qty,
        0 as overage_qty,
        0 as capped_qty,
        0 as unpriced_qty
    from usage_by_segment

),

final as (

    select
        period,
        tenant_id,
        deployment_id,
        resource_kind,
        {%- for name in ['used', 'unbilled', 'non_billable', 'included', 'addon', 'allowance',
                         'covered', 'top_up', 'overage', 'capped', 'unpriced'] %}
        {{ sum_qty(name ~ '_qty') }} as {{ name }}_qty{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select * from rated
        union all
        select * from not_rated
    ) as all_usage
    group by period, tenant_id, deployment_id, resource_kind

)

select * from final
