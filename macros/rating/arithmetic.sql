{#- Exact arithmetic: no binary floating point, one rounding, half away from zero (R1).
    Give column names: the arguments are repeated in the text. -#}

{#- n / d as a whole number; |n| below 4.9e37, d positive. -#}
{% macro round_div(n, d) -%}
(case when {{ n }} < 0 then -1 else 1 end
    * {{ int_div('(2 * abs(cast(' ~ n ~ ' as decimal(38,0))) + cast(' ~ d ~ ' as decimal(38,0)))', '(2 * cast(' ~ d ~ ' as decimal(38,0)))') }})
{%- endmacro %}

{#- quantity (27,9) x price in cents (15,6) / factor, in whole cents. The plain product needs more digits than
    any engine has, hence whole and fractional part of the quantity go separate ways. -#}
{% macro usage_cents(q, p, f) -%}
{%- set qi = 'cast(floor(abs(' ~ q ~ ')) as decimal(38,0))' -%}
{%- set qf = 'cast(cast(abs(' ~ q ~ ') - floor(abs(' ~ q ~ ')) as decimal(38,9)) * 1000000000 as decimal(38,0))' -%}
{%- set pp = 'cast(cast(abs(' ~ p ~ ') as decimal(38,6)) * 1000000 as decimal(38,0))' -%}
{%- set d6 = '(cast(' ~ f ~ ' as decimal(38,0)) * cast(1000000 as decimal(38,0)))' -%}
{%- set a = '(' ~ qi ~ ' * ' ~ pp ~ ')' -%}
{%- set rest = '(' ~ a ~ ' % ' ~ d6 ~ ' * cast(1000000000 as decimal(38,0)) + ' ~ qf ~ ' * ' ~ pp ~ ')' -%}
{%- set d15 = '(' ~ d6 ~ ' * cast(1000000000 as decimal(38,0)))' -%}
cast(case when ({{ q }} < 0) <> ({{ p }} < 0) then -1 else 1 end
    * ({{ int_div(a, d6) }} + {{ int_div('(2 * ' ~ rest ~ ' + ' ~ d15 ~ ')', '(2 * ' ~ d15 ~ ')') }}) as decimal(38,0))
{%- endmacro %}

{#- A quantity as a whole number of its smallest parts (9 decimals), and back. -#}
{% macro qty_parts(q) -%}
cast(cast({{ q }} as decimal(27,9)) * cast(1000000000 as decimal(10,0)) as decimal(38,0))
{%- endmacro %}

{% macro parts_qty(n) -%}
cast(cast({{ n }} as decimal(27,0)) * cast(0.000000001 as decimal(10,9)) as decimal(27,9))
{%- endmacro %}

{#- A monthly amount in cents for some of the month's days. -#}
{% macro prorated_cents(cents, days, days_in_period) -%}
cast({{ round_div('(cast(' ~ cents ~ ' as decimal(28,0)) * ' ~ days ~ ')', days_in_period) }} as bigint)
{%- endmacro %}

{#- A sum of quantities; sums of decimals are cast so that every table has one type for quantities. -#}
{% macro sum_qty(q) -%}
cast(sum({{ q }}) as decimal(27,9))
{%- endmacro %}

{#- A sum of cents; fails the run rather than wrap around when it is beyond BIGINT. -#}
{% macro sum_cents(c) -%}
cast(sum({{ c }}) as bigint)
{%- endmacro %}
