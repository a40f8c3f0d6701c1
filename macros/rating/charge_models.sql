{#- R9: what overage costs, a macro per charge model. Each gives, per segment and resource kind with overage,
    whole_product and fraction_product (see arithmetic.sql), flat_fee_cents, unit_price_cents and detail, which
    overage_charges adds up and rounds once.
    overages: the rows of segment_overages; tiers: plan_version_id, resource_kind, qty_from, qty_until (empty: open),
    unit_price_cents, flat_fee_cents. -#}

{#- All charge models: segment_key, resource_kind, unit_price_cents, detail and charge_cents, whole cents that may be
    beyond BIGINT. -#}
{% macro overage_charges(overages, tiers) -%}
select
    segment_key,
    resource_kind,
    unit_price_cents,
    detail,
    {{ split_cents('whole_product', 'fraction_product', 'divisor') }} + flat_fee_cents as charge_cents
from (
    {{ charge_per_unit(overages) }}
    union all
    {{ charge_package(overages) }}
    union all
    {{ charge_graduated(overages, tiers) }}
    union all
    {{ charge_volume(overages, tiers) }}
) as products
{%- endmacro %}

{% macro charge_per_unit(overages) -%}
select
    segment_key,
    resource_kind,
    {{ whole_product('overage_qty', 'overage_price_cents') }} as whole_product,
    {{ fraction_product('overage_qty', 'overage_price_cents') }} as fraction_product,
    cast(unit_factor as decimal(38,0)) as divisor,
    cast(0 as decimal(38,0)) as flat_fee_cents,
    overage_price_cents as unit_price_cents,
    cast('' as varchar) as detail
from {{ overages }}
where charge_model = 'per_unit'
    and overage_qty > 0
{%- endmacro %}

{#- Begun packages: a whole number, so the product has no fraction and nothing to divide by. -#}
{% macro charge_package(overages) -%}
select
    segment_key,
    resource_kind,
    (package_count * {{ price_parts('overage_price_cents') }}) as whole_product,
    cast(0 as decimal(38,0)) as fraction_product,
    cast(1 as decimal(38,0)) as divisor,
    cast(0 as decimal(38,0)) as flat_fee_cents,
    cast(null as decimal(15,6)) as unit_price_cents,
    ' (' || cast(package_count as varchar) || ' x ' || {{ decimal_text('package_size') }} || ' ' || overage_unit || ')' as detail
from (
    select
        *,
        {{ int_div(
            '(' ~ qty_parts('overage_qty') ~ ' + cast(unit_factor as decimal(38,0)) * ' ~ qty_parts('package_size') ~ ' - 1)',
            '(cast(unit_factor as decimal(38,0)) * ' ~ qty_parts('package_size') ~ ')'
        ) }} as package_count
    from {{ overages }}
    where charge_model = 'package'
        and overage_qty > 0
) as packed
{%- endmacro %}

{#- Each tier prices what falls into it. -#}
{% macro charge_graduated(overages, tiers) -%}
select
    segment_key,
    resource_kind,
    cast(sum({{ whole_product('qty_in_tier', 'unit_price_cents') }}) as decimal(38,0)) as whole_product,
    cast(sum({{ fraction_product('qty_in_tier', 'unit_price_cents') }}) as decimal(38,0)) as fraction_product,
    cast(max(unit_factor) as decimal(38,0)) as divisor,
    cast(sum(flat_fee_cents) as decimal(38,0)) as flat_fee_cents,
    cast(null as decimal(15,6)) as unit_price_cents,
    cast('' as varchar) as detail
from (
    select
        overages.segment_key,
        overages.resource_kind,
        overages.unit_factor,
        tiers.unit_price_cents,
        tiers.flat_fee_cents,
        cast(least(overages.overage_qty, coalesce(tiers.qty_until, overages.overage_qty)) - tiers.qty_from as decimal(38,9)) as qty_in_tier
    from {{ overages }} as overages
    inner join {{ tiers }} as tiers
        on overages.plan_version_id = tiers.plan_version_id
        and overages.resource_kind = tiers.resource_kind
        and tiers.qty_from < overages.overage_qty
        and (tiers.qty_until is null or tiers.qty_from < tiers.qty_until)
    where overages.charge_model = 'graduated'
) as graded
group by segment_key, resource_kind
{%- endmacro %}

{#- All units at the price of the tier that the total falls into. -#}
{% macro charge_volume(overages, tiers) -%}
select
    overages.segment_key,
    overages.resource_kind,
    {{ whole_product('overages.overage_qty', 'tiers.unit_price_cents') }} as whole_product,
    {{ fraction_product('overages.overage_qty', 'tiers.unit_price_cents') }} as fraction_product,
    cast(overages.unit_factor as decimal(38,0)) as divisor,
    cast(tiers.flat_fee_cents as decimal(38,0)) as flat_fee_cents,
    tiers.unit_price_cents,
    cast('' as varchar) as detail
from {{ overages }} as overages
inner join {{ tiers }} as tiers
    on overages.plan_version_id = tiers.plan_version_id
    and overages.resource_kind = tiers.resource_kind
    and tiers.qty_from < overages.overage_qty
    and (tiers.qty_until is null or overages.overage_qty <= tiers.qty_until)
where overages.charge_model = 'volume'
{%- endmacro %}
