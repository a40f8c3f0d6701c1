{#- What only one engine knows, behind dispatching macros: all else in the project is plain SQL. -#}

{#- Truncating division of non-negative whole numbers, exact (decimal division would be binary floating point). -#}
{% macro int_div(n, d) %}{{ return(adapter.dispatch('int_div')(n, d)) }}{% endmacro %}
{% macro duckdb__int_div(n, d) -%}
cast(cast({{ n }} as hugeint) // cast({{ d }} as hugeint) as decimal(38,0))
{%- endmacro %}

{#- A date some days later. -#}
{% macro add_days(day, days) %}{{ return(adapter.dispatch('add_days')(day, days)) }}{% endmacro %}
{% macro duckdb__add_days(day, days) -%}
({{ day }} + {{ days }})
{%- endmacro %}

{#- The first day of a date's month. -#}
{% macro month_of(day) %}{{ return(adapter.dispatch('month_of')(day)) }}{% endmacro %}
{% macro duckdb__month_of(day) -%}
cast(date_trunc('month', {{ day }}) as date)
{%- endmacro %}

{#- A date some months later. -#}
{% macro add_months(day, months) %}{{ return(adapter.dispatch('add_months')(day, months)) }}{% endmacro %}
{% macro duckdb__add_months(day, months) -%}
cast({{ day }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- The last instant before a timestamp, in the precision that input has. -#}
{% macro instant_before(instant) %}{{ return(adapter.dispatch('instant_before')(instant)) }}{% endmacro %}
{% macro duckdb__instant_before(instant) -%}
({{ instant }} - interval 1 microsecond)
{%- endmacro %}

{#- `YYYY-MM` of a date. -#}
{% macro month_text(day) %}{{ return(adapter.dispatch('month_text')(day)) }}{% endmacro %}
{% macro duckdb__month_text(day) -%}
strftime({{ day }}, '%Y-%m')
{%- endmacro %}

{#- A decimal as text without trailing zeros. -#}
{% macro decimal_text(number) %}{{ return(adapter.dispatch('decimal_text')(number)) }}{% endmacro %}
{% macro duckdb__decimal_text(number) -%}
regexp_replace(cast(cast({{ number }} as decimal(38,9)) as varchar), '\.?0+$', '')
{%- endmacro %}

{#- Cents as text in the major unit, with two decimals. -#}
{% macro money_text(cents) %}{{ return(adapter.dispatch('money_text')(cents)) }}{% endmacro %}
{% macro duckdb__money_text(cents) -%}
cast(cast({{ cents }} as decimal(20,0)) * cast(0.01 as decimal(3,2)) as varchar)
{%- endmacro %}

{#- An amount of 6 decimals as text, with two at least. -#}
{% macro amount_text(amount) %}{{ return(adapter.dispatch('amount_text')(amount)) }}{% endmacro %}
{% macro duckdb__amount_text(amount) -%}
regexp_replace(cast(cast({{ amount }} as decimal(38,6)) as varchar), '0{1,4}$', '')
{%- endmacro %}

{#- A 64-bit hash, to find the few candidates for an exact comparison. -#}
{% macro hash64(column) %}{{ return(adapter.dispatch('hash64')(column)) }}{% endmacro %}
{% macro duckdb__hash64(column) -%}
hash({{ column }})
{%- endmacro %}

{#- Hexadecimal SHA-256 of a text. -#}
{% macro sha256_hex(text) %}{{ return(adapter.dispatch('sha256_hex')(text)) }}{% endmacro %}
{% macro duckdb__sha256_hex(text) -%}
sha256({{ text }})
{%- endmacro %}

{#- The text before the last occurrence of ` (`, all of it where there is none. -#}
{% macro before_last_parenthesis(text) %}{{ return(adapter.dispatch('before_last_parenthesis')(text)) }}{% endmacro %}
{% macro duckdb__before_last_parenthesis(text) -%}
case when contains({{ text }}, ' (') then regexp_extract({{ text }}, '(?s)^(.*) \(', 1) else {{ text }} end
{%- endmacro %}

{#- Whether a text has one of some whole words, in any case; words: alternatives of a regular expression. -#}
{% macro has_word(text, words) %}{{ return(adapter.dispatch('has_word')(text, words)) }}{% endmacro %}
{% macro duckdb__has_word(text, words) -%}
regexp_matches({{ text }}, '(?i)(^|[^\pL\pN_])({{ words }})($|[^\pL\pN_])')
{%- endmacro %}

{#- `YYYYMMDDHHMMSS` of a timestamp. -#}
{% macro second_text(instant) %}{{ return(adapter.dispatch('second_text')(instant)) }}{% endmacro %}
{% macro duckdb__second_text(instant) -%}
strftime({{ instant }}, '%Y%m%d%H%M%S')
{%- endmacro %}

{#- A row per element of a list column. -#}
{% macro elements_of(relation, id, list, name) %}{{ return(adapter.dispatch('elements_of')(relation, id, list, name)) }}{% endmacro %}
{% macro duckdb__elements_of(relation, id, list, name) -%}
select {{ id }}, unnest({{ list }}) as {{ name }} from {{ relation }}
{%- endmacro %}

{#- A name in lower case with `_` between its words, however it was written (`firstName`, `First name`). -#}
{% macro snake_case(name) %}{{ return(adapter.dispatch('snake_case')(name)) }}{% endmacro %}
{% macro duckdb__snake_case(name) -%}
trim(regexp_replace(lower(regexp_replace({{ name }}, '([\p{Ll}\d])(\p{Lu})', '\1_\2', 'g')), '[^\pL\pN]+', '_', 'g'), '_')
{%- endmacro %}
