{#- Exact arithmetic: no binary floating point, one rounding, half away from zero (R1).
    Give column names: the arguments are repeated in the text. -#}

{#- n / d as a whole number; |n| below 4.9e37, d positive. -#}
{% macro round_div(n, d) -%}
(case when {{ n }} < 0 then -1 else 1 end
    * {{ int_div('(2 * abs(cast(' ~ n ~ ' as decimal(38,0))) + cast(' ~ d ~ ' as decimal(38,0)))', '(2 * cast(' ~ d ~ ' as decimal(38,0)))') }})
{%- endmacro %}

{#- quantity (27,9) x price in cents (15,6), exact, as two whole numbers: the product is
    (whole_product * 10^9 + fraction_product) / 10^15. The plain product needs more digits than any engine has. -#}
{% macro price_parts(p) -%}
cast(cast(abs({{ p }}) as decimal(38,6)) * 1000000 as decimal(38,0))
{%- endmacro %}

{% macro whole_product(q, p) -%}
(cast(floor({{ q }}) as decimal(38,0)) * {{ price_parts(p) }})
{%- endmacro %}

{% macro fraction_product(q, p) -%}
(cast(cast({{ q }} - floor({{ q }}) as decimal(38,9)) * 1000000000 as decimal(38,0)) * {{ price_parts(p) }})
{%- endmacro %}

{#- (whole * 10^9 + fraction) / 10^15 / factor in whole cents, rounded once: sums of the two products above, not
    negative, with a factor that they share. -#}
{% macro split_cents(whole, fraction, f) -%}
{%- set d6 = '(cast(' ~ f ~ ' as decimal(38,0)) * cast(1000000 as decimal(38,0)))' -%}
{%- set d15 = '(' ~ d6 ~ ' * cast(1000000000 as decimal(38,0)))' -%}
{%- set rest = '(' ~ whole ~ ' % ' ~ d6 ~ ' * cast(1000000000 as decimal(38,0)) + ' ~ fraction ~ ')' -%}
({{ int_div(whole, d6) }} + {{ int_div('(2 * ' ~ rest ~ ' + ' ~ d15 ~ ')', '(2 * ' ~ d15 ~ ')') }})
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

{#- The same where it is only shown: empty where it is beyond what a quantity can be. -#}
{% macro shown_qty(n) -%}
cast(try_cast({{ n }} as decimal(27,0)) * cast(0.000000001 as decimal(10,9)) as decimal(27,9))
{%- endmacro %}

{#- a / b of two quantities (27,9), not negative, to 9 decimals; a below 10^19. -#}
{% macro ratio(a, b) -%}
{{ shown_qty(round_div('(' ~ qty_parts(a) ~ ' * cast(1000000000 as decimal(38,0)))', qty_parts(b))) }}
{%- endmacro %}

{#- A sum of cents; fails the run rather than wrap around when it is beyond BIGINT. -#}
{% macro sum_cents(c) -%}
cast(sum({{ c }}) as bigint)
{%- endmacro %}

{#- An amount of 6 decimals as a whole number of its smallest parts, and back. -#}
{% macro amount_parts(amount) -%}
cast(cast({{ amount }} as decimal(38,6)) * 1000000 as decimal(38,0))
{%- endmacro %}

{% macro parts_amount(n) -%}
cast(cast({{ n }} as decimal(31,0)) * cast(0.000001 as decimal(7,6)) as decimal(38,6))
{%- endmacro %}

{#- Where a long amount is cut for a division in two stretches. -#}
{% macro ten_digits() -%}
cast(10000000000 as decimal(38,0))
{%- endmacro %}
