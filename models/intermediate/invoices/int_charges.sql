with segments as (

    select * from {{ ref('int_segments') }}

),

segment_lines as (

    select
        segments.period,
        segments.tenant_id,
        segments.deployment_id,
        lines.kind,
        lines.resource_kind,
        lines.description,
        lines.quantity,
        lines.unit,
        lines.unit_price_cents,
        lines.amount_cents,
        lines.billed_days,
        segments.days_in_period,
        segments.first_day,
        lines.source_id
    from {{ ref('int_segment_lines') }} as lines
    inner join segments
        on lines.segment_key = segments.segment_key

),

top_up_lines as (

    select
        period,
        tenant_id,
        deployment_id,
        cast('top_up' as varchar) as kind,
        resource_kind,
        'Top-up: ' || {{ decimal_text('lot_qty') }} || ' ' || resource_kind as description,
        cast(1 as decimal(38,15)) as quantity,
        cast('lot' as varchar) as unit,
        cast(price_cents as decimal(15,6)) as unit_price_cents,
        price_cents as amount_cents,
        cast(null as integer) as billed_days,
        cast(null as integer) as days_in_period,
        cast(null as date) as first_day,
        top_up_id as source_id
    from {{ ref('int_top_up_lots') }}
    where is_bought_in_period

),

llm_sums as (

    select
        period,
        tenant_id,
        deployment_id,
        sum(request_count) as request_count,
        {{ sums_to_convert('charge', 'rate') }}
    from {{ ref('int_llm_charges') }}
    where tenant_currency is not null
        and rate is not null
    group by period, tenant_id, deployment_id

),

llm_cents as (

    {{ converted_cents('llm_sums') }}

),

llm_lines as (

    select
        period,
        tenant_id,
        deployment_id,
        cast('llm_usage' as varchar) as kind,
        cast(null as varchar) as resource_kind,
        cast('LLM usage' as varchar) as description,
        cast(request_count as decimal(38,15)) as quantity,
        cast('request' as varchar) as unit,
        cast(null as decimal(15,6)) as unit_price_cents,
        converted_cents as amount_cents,
        cast(null as integer) as billed_days,
        cast(null as integer) as days_in_period,
        cast(null as date) as first_day,
        cast(null as varchar) as source_id
    from llm_cents

),

{#- A campaign has several counts and prices only where it is billed by outcome: then the line names none. #}
campaign_lines as (

    select
        period,
        tenant_id,
        cast(null as varchar) as deployment_id,
        cast('campaign' as varchar) as kind,
        cast(null as varchar) as resource_kind,
        'Campaign: ' || campaign_name as description,
        cast(case pricing_model
            when 'seats' then seats_billed
            when 'credits' then credits_consumed
            when 'custom' then 1
        end as decimal(38,15)) as quantity,
        cast(case pricing_model
            when 'seats' then 'seat'
            when 'credits' then 'credit'
            when 'custom' then 'month'
        end as varchar) as unit,
        cast(case pricing_model
            when 'seats' then seat_price_cents
            when 'credits' then credit_price_cents
            when 'custom' then amount_cents
        end as decimal(15,6)) as unit_price_cents,
        amount_cents,
        cast(null as integer) as billed_days,
        cast(null as integer) as days_in_period,
        cast(null as date) as first_day,
        campaign_id as source_id
    from {{ ref('int_campaign_charges') }}
    where amount_cents is not null

),

charges as (

    select * from segment_lines
    union all
    select * from top_up_lines
    union all
    select * from llm_lines
    union all
    select * from campaign_lines

),

final as (

    select
        *,
        case when kind = 'campaign' then source_id end as campaign_id
    from charges

)

select * from final
