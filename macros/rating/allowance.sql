{#- R7 to R9: allowance, need, top-ups, overage per segment and resource kind. Used by invoices and quotes alike. -#}

{#- R7. Both parts are whole numbers of 1e-9 until the one rounding of each figure. -#}
{% macro segment_allowances(segments, segment_addons, plan_items) -%}
select
    segment_key,
    resource_kind,
    {{ parts_qty(round_div('included_parts', 'total_billed_days')) }} as included_qty,
    {{ parts_qty(round_div('addon_parts', 'total_billed_days')) }} as addon_qty,
    {{ parts_qty(round_div('(included_parts + addon_parts)', 'total_billed_days')) }} as allowance_qty
from (
    select
        segment_key,
        resource_kind,
        total_billed_days,
        cast(sum(included_parts) as decimal(36,0)) as included_parts,
        cast(sum(addon_parts) as decimal(36,0)) as addon_parts
    from (
        select
            segments.segment_key,
            plan_items.resource_kind,
            segments.total_billed_days,
            cast({{ qty_parts('plan_items.included_qty') }} * segments.billed_days as decimal(36,0)) as included_parts,
            cast(0 as decimal(36,0)) as addon_parts
        from {{ segments }} as segments
        inner join {{ plan_items }} as plan_items
            on segments.plan_version_id = plan_items.plan_version_id
        union all
        select
            segment_addons.segment_key,
            segment_addons.resource_kind,
            segments.total_billed_days,
            cast(0 as decimal(36,0)) as included_parts,
            cast({{ qty_parts('segment_addons.qty') }} * segment_addons.addon_days as decimal(36,0)) as addon_parts
        from {{ segment_addons }} as segment_addons
        inner join {{ segments }} as segments
            on segment_addons.segment_key = segments.segment_key
    ) as parts
    group by segment_key, resource_kind, total_billed_days
) as summed
{%- endmacro %}

{#- What the allowance covers, what is left to meet (R8), and what no plan item prices (R7).
    usage: segment_key, resource_kind, used_qty. -#}
{% macro segment_needs(segments, usage, allowances, plan_items) -%}
select
    segment_key,
    lot_group,
    first_day,
    plan_version_id,
    resource_kind,
    used_qty,
    included_qty,
    addon_qty,
    allowance_qty,
    cast(least(used_qty, allowance_qty) as decimal(27,9)) as covered_qty,
    cast(case when is_priced then greatest(used_qty - allowance_qty, 0) else 0 end as decimal(27,9)) as need_qty,
    cast(case when is_priced then 0 else greatest(used_qty - allowance_qty, 0) end as decimal(27,9)) as unpriced_qty
from (
    select
        segments.segment_key,
        segments.lot_group,
        segments.first_day,
        segments.plan_version_id,
        kinds.resource_kind,
        plan_items.plan_version_id is not null as is_priced,
        cast(sum(kinds.used_qty) as decimal(27,9)) as used_qty,
        cast(sum(kinds.included_qty) as decimal(27,9)) as included_qty,
        cast(sum(kinds.addon_qty) as decimal(27,9)) as addon_qty,
        cast(sum(kinds.allowance_qty) as decimal(27,9)) as allowance_qty
    from (
        select
            segment_key, resource_kind, used_qty,
            cast(0 as decimal(27,9)) as included_qty,
            cast(0 as decimal(27,9)) as addon_qty,
            cast(0 as decimal(27,9)) as allowance_qty
        from {{ usage }}
        union all
        select segment_key, resource_kind, cast(0 as decimal(27,9)), included_qty, addon_qty, allowance_qty
        from {{ allowances }}
    ) as kinds
    inner join {{ segments }} as segments
        on kinds.segment_key = segments.segment_key
    left join {{ plan_items }} as plan_items
        on segments.plan_version_id = plan_items.plan_version_id
        and kinds.resource_kind = plan_items.resource_kind
    group by
        segments.segment_key, segments.lot_group, segments.first_day, segments.plan_version_id,
        kinds.resource_kind, plan_items.plan_version_id
) as joined
{%- endmacro %}

{#- R8. First in, first out without a loop: needs and lots each lie end to end on a line, and a lot meets a need
    where the two overlap. lots: lot_group, resource_kind, top_up_id, purchased_at, expires_on, usable_qty. -#}
{% macro top_ups_applied(needs, lots) -%}
select
    needs.segment_key,
    needs.resource_kind,
    lots.top_up_id,
    cast(least(needs.qty_until, lots.qty_until) - greatest(needs.qty_from, lots.qty_from) as decimal(27,9)) as applied_qty
from (
    select
        segment_key, lot_group, resource_kind,
        sum(need_qty) over served as qty_until,
        sum(need_qty) over served - need_qty as qty_from
    from {{ needs }}
    where need_qty > 0
    window served as (
        partition by lot_group, resource_kind order by first_day
        rows between unbounded preceding and current row
    )
) as needs
inner join (
    select
        top_up_id, lot_group, resource_kind,
        sum(usable_qty) over burned as qty_until,
        sum(usable_qty) over burned - usable_qty as qty_from
    from {{ lots }}
    where usable_qty > 0
    window burned as (
        partition by lot_group, resource_kind
        order by expires_on nulls last, purchased_at, top_up_id
        rows between unbounded preceding and current row
    )
) as lots
    on needs.lot_group = lots.lot_group
    and needs.resource_kind = lots.resource_kind
    and needs.qty_from < lots.qty_until
    and lots.qty_from < needs.qty_until
{%- endmacro %}

{#- R9, quantities. -#}
{% macro segment_overages(needs, applied, plan_items) -%}
select
    segment_key,
    resource_kind,
    used_qty,
    included_qty,
    addon_qty,
    allowance_qty,
    covered_qty,
    unpriced_qty,
    top_up_qty,
    cast(least(excess_qty, coalesce(hard_cap_qty, excess_qty)) as decimal(27,9)) as overage_qty,
    cast(excess_qty - least(excess_qty, coalesce(hard_cap_qty, excess_qty)) as decimal(27,9)) as capped_qty,
    plan_version_id,
    charge_model,
    overage_unit,
    unit_factor,
    overage_price_cents,
    package_size
from (
    select
        needs.segment_key,
        needs.plan_version_id,
        needs.resource_kind,
        needs.used_qty,
        needs.included_qty,
        needs.addon_qty,
        needs.allowance_qty,
        needs.covered_qty,
        needs.unpriced_qty,
        coalesce(applied.top_up_qty, 0) as top_up_qty,
        needs.need_qty - coalesce(applied.top_up_qty, 0) as excess_qty,
        plan_items.hard_cap_qty,
        plan_items.charge_model,
        plan_items.overage_unit,
        plan_items.unit_factor,
        plan_items.overage_price_cents,
        plan_items.package_size
    from {{ needs }} as needs
    left join (
        select segment_key, resource_kind, cast(sum(applied_qty) as decimal(27,9)) as top_up_qty
        from {{ applied }}
        group by segment_key, resource_kind
    ) as applied
        on needs.segment_key = applied.segment_key
        and needs.resource_kind = applied.resource_kind
    left join {{ plan_items }} as plan_items
        on needs.plan_version_id = plan_items.plan_version_id
        and needs.resource_kind = plan_items.resource_kind
) as joined
{%- endmacro %}

{#- R9, money: one line per segment and resource kind with overage, rounded once. -#}
{% macro overage_lines(segments, overages, tiers) -%}
select
    overages.segment_key,
    cast('overage' as varchar) as kind,
    overages.resource_kind,
    'Overage: ' || overages.resource_kind || charges.detail as description,
    {{ overage_units('overages.overage_qty', 'overages.unit_factor') }} as quantity,
    overages.overage_unit as unit,
    charges.unit_price_cents,
    cast(charges.charge_cents as bigint) as amount_cents,
    segments.billed_days,
    cast(null as varchar) as source_id
from (
    {{ overage_charges(overages, tiers) }}
) as charges
inner join {{ overages }} as overages
    on charges.segment_key = overages.segment_key
    and charges.resource_kind = overages.resource_kind
inner join {{ segments }} as segments
    on overages.segment_key = segments.segment_key
{%- endmacro %}

{#- Units as shown on the line, to 15 decimals: exact for every factor of ten up to a million. -#}
{% macro overage_units(q, f) -%}
cast(
    cast(cast({{ int_div(qty_parts(q), f) }} as decimal(28,0)) * cast(0.000000001 as decimal(10,9)) as decimal(38,15))
    + cast(cast({{ round_div('(' ~ qty_parts(q) ~ ' % ' ~ f ~ ' * 1000000)', f) }} as decimal(16,0)) * cast(0.000000000000001 as decimal(16,15)) as decimal(38,15))
    as decimal(38,15))
{%- endmacro %}
