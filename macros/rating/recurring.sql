{#- R5 and R10: what a segment costs by its days. Used by invoices and quotes alike. -#}

{% macro plan_base_lines(segments) -%}
select
    segment_key,
    cast('plan_base' as varchar) as kind,
    cast(null as varchar) as resource_kind,
    'Plan: ' || plan_code || ' v' || cast(plan_version as varchar) as description,
    cast(1 as decimal(38,15)) as quantity,
    cast('month' as varchar) as unit,
    cast(base_price_cents as decimal(15,6)) as unit_price_cents,
    {{ prorated_cents('base_price_cents', 'billed_days', 'days_in_period') }} as amount_cents,
    billed_days,
    cast(null as varchar) as source_id
from {{ segments }}
{%- endmacro %}

{#- Addons with the days on which each counts. days: segment_key, subscription_id, day_on. -#}
{% macro addon_days(days, subscription_addons) -%}
select
    days.segment_key,
    subscription_addons.subscription_addon_id,
    subscription_addons.addon_code,
    subscription_addons.resource_kind,
    cast(subscription_addons.addon_qty as decimal(27,9)) as qty,
    subscription_addons.price_cents,
    cast(count(*) as integer) as addon_days
from {{ days }} as days
inner join {{ subscription_addons }} as subscription_addons
    on days.subscription_id = subscription_addons.subscription_id
    and subscription_addons.attached_on <= days.day_on
    and (subscription_addons.detached_on is null or days.day_on < subscription_addons.detached_on)
group by
    days.segment_key,
    subscription_addons.subscription_addon_id,
    subscription_addons.addon_code,
    subscription_addons.resource_kind,
    subscription_addons.addon_qty,
    subscription_addons.price_cents
{%- endmacro %}

{% macro addon_lines(segments, segment_addons) -%}
select
    segment_addons.segment_key,
    cast('addon' as varchar) as kind,
    segment_addons.resource_kind,
    'Addon: ' || segment_addons.addon_code as description,
    cast(1 as decimal(38,15)) as quantity,
    cast('month' as varchar) as unit,
    cast(segment_addons.price_cents as decimal(15,6)) as unit_price_cents,
    {{ prorated_cents('segment_addons.price_cents', 'segment_addons.addon_days', 'segments.days_in_period') }} as amount_cents,
    segment_addons.addon_days as billed_days,
    segment_addons.subscription_addon_id as source_id
from {{ segment_addons }} as segment_addons
inner join {{ segments }} as segments
    on segment_addons.segment_key = segments.segment_key
{%- endmacro %}

{#- rated: the segment's plan_base, addon and overage lines. -#}
{% macro minimum_lines(segments, rated) -%}
select
    segment_key,
    cast('minimum' as varchar) as kind,
    cast(null as varchar) as resource_kind,
    'Minimum: ' || plan_code || ' v' || cast(plan_version as varchar) as description,
    cast(1 as decimal(38,15)) as quantity,
    cast('month' as varchar) as unit,
    cast(null as decimal(15,6)) as unit_price_cents,
    cast(minimum_due_cents - rated_cents as bigint) as amount_cents,
    billed_days,
    cast(null as varchar) as source_id
from (
    select
        segments.segment_key,
        segments.plan_code,
        segments.plan_version,
        segments.billed_days,
        {{ prorated_cents('segments.minimum_cents', 'segments.billed_days', 'segments.days_in_period') }} as minimum_due_cents,
        rated.rated_cents
    from {{ segments }} as segments
    inner join (
        select segment_key, sum(amount_cents) as rated_cents
        from {{ rated }}
        group by segment_key
    ) as rated
        on segments.segment_key = rated.segment_key
    where segments.minimum_cents is not null
) as due
where minimum_due_cents > rated_cents
{%- endmacro %}
