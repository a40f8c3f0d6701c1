{#- R11: a sum of charges in several currencies, each at its own rate, in whole cents with one rounding; charge is
    decimal(38,18) in major units, rate decimal(18,9).
    The exact product has 27 decimals, more than fit. So a charge is cut into whole units and two stretches of nine
    decimals, all with its sign; products of these with the rate are added up as whole numbers (here), and only then put
    together (below): cents = (wholes * 10^18 + decimals) / 10^25. -#}
{% macro sums_to_convert(charge, rate) -%}
{%- set whole = 'cast(trunc(' ~ charge ~ ') as decimal(38,0))' -%}
{%- set fraction = 'cast(cast(' ~ charge ~ ' - trunc(' ~ charge ~ ') as decimal(38,18)) * 1000000000000000000 as decimal(38,0))' -%}
{%- set nine = 'cast(1000000000 as decimal(38,0))' -%}
sum({{ whole }} * {{ rate_parts(rate) }}) as wholes,
sum(({{ fraction }} - {{ fraction }} % {{ nine }}) * {{ rate_parts(rate) }}) + sum({{ fraction }} % {{ nine }} * {{ rate_parts(rate) }}) as decimals
{%- endmacro %}

{#- The rows of a relation with these sums, and `converted_cents`: half away from zero, of any sign. First the floor, then
    what is left decides. A step at a time: as one expression each step would be repeated wherever a later one needs it. -#}
{% macro converted_cents(sums) -%}
{%- set seven = 'cast(10000000 as decimal(38,0))' -%}
{%- set limit = 'cast(10000000000000000000000000 as decimal(38,0))' -%}
select
    *,
    cast(high + low_cents + case
        when high + low_cents >= 0 and 2 * (low - low_cents * {{ limit }}) >= {{ limit }} then 1
        when high + low_cents < 0 and 2 * (low - low_cents * {{ limit }}) > {{ limit }} then 1
        else 0
    end as bigint) as converted_cents
from (
    select *, {{ floor_div('low', limit) }} as low_cents
    from (
        select *, (wholes - high * {{ seven }}) * cast(1000000000000000000 as decimal(38,0)) + decimals as low
        from (
            select *, {{ floor_div('wholes', seven) }} as high from {{ sums }}
        ) as with_high
    ) as with_low
) as with_both
{%- endmacro %}

{#- The whole number at or below n / d; d positive. -#}
{% macro floor_div(n, d) -%}
(case when {{ n }} >= 0 then {{ int_div('abs(' ~ n ~ ')', d) }} else -1 * {{ int_div('(abs(' ~ n ~ ') + ' ~ d ~ ' - 1)', d) }} end)
{%- endmacro %}

{#- An amount in major units, or a sum of products of amount_parts and rate_parts, as cents of the reporting currency;
    rounded once, half away from zero. Without a rate there are none. -#}
{% macro reporting_cents(amount, rate) -%}
{{ parts_cents('(' ~ amount_parts(amount) ~ ' * ' ~ rate_parts(rate) ~ ')') }}
{%- endmacro %}

{% macro rate_parts(rate) -%}
cast(cast({{ rate }} as decimal(38,9)) * 1000000000 as decimal(38,0))
{%- endmacro %}

{% macro parts_cents(product) -%}
cast({{ round_div(product, '10000000000000') }} as bigint)
{%- endmacro %}
