{#- R11: a sum of charges in several currencies, each at its own rate, in whole cents with one rounding. An aggregate:
    charge is decimal(38,18) in major units, rate decimal(18,9).
    The exact product has 27 decimals, more than fit. So a charge is cut into whole units and two stretches of nine
    decimals, all with its sign; products of these with the rate are added up as whole numbers, and only then put
    together: cents = (wholes * 10^18 + firsts * 10^9 + seconds) / 10^25. -#}
{% macro converted_cents(charge, rate) -%}
{%- set rate_parts = 'cast(cast(' ~ rate ~ ' as decimal(38,9)) * 1000000000 as decimal(38,0))' -%}
{%- set whole = 'cast(trunc(' ~ charge ~ ') as decimal(38,0))' -%}
{%- set fraction = 'cast(cast(' ~ charge ~ ' - trunc(' ~ charge ~ ') as decimal(38,18)) * 1000000000000000000 as decimal(38,0))' -%}
{%- set nine = 'cast(1000000000 as decimal(38,0))' -%}
{{ rounded_at_10_25(
    'sum(' ~ whole ~ ' * ' ~ rate_parts ~ ')',
    'sum((' ~ fraction ~ ' - ' ~ fraction ~ ' % ' ~ nine ~ ') * ' ~ rate_parts ~ ') + sum(' ~ fraction ~ ' % ' ~ nine ~ ' * ' ~ rate_parts ~ ')'
) }}
{%- endmacro %}

{#- (a * 10^18 + b) / 10^25, half away from zero; both of any sign. First the floor, then what is left decides. -#}
{% macro rounded_at_10_25(a, b) -%}
{%- set seven = 'cast(10000000 as decimal(38,0))' -%}
{%- set limit = 'cast(10000000000000000000000000 as decimal(38,0))' -%}
{%- set high = floor_div('(' ~ a ~ ')', seven) -%}
{%- set low = '((' ~ a ~ ') - ' ~ high ~ ' * ' ~ seven ~ ') * cast(1000000000000000000 as decimal(38,0)) + ' ~ b -%}
{%- set floor = '(' ~ high ~ ' + ' ~ floor_div('(' ~ low ~ ')', limit) ~ ')' -%}
{%- set rest = '((' ~ low ~ ') - ' ~ floor_div('(' ~ low ~ ')', limit) ~ ' * ' ~ limit ~ ')' -%}
cast({{ floor }} + case
    when {{ floor }} >= 0 and 2 * {{ rest }} >= {{ limit }} then 1
    when {{ floor }} < 0 and 2 * {{ rest }} > {{ limit }} then 1
    else 0
end as bigint)
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
