{#- R17: what campaigns come to. -#}

{#- The key of an event that was delivered without one. -#}
{% macro derived_campaign_key(events) -%}
{{ events }}.campaign_id || '-' || {{ events }}.event_type || '-' || {{ second_text(events ~ '.occurred_at') }} || '-'
    || substr({{ sha256_hex(decimal_text(events ~ '.quantity') ~ " || '|' || coalesce(" ~ events ~ ".metadata, '')") }}, 1, 8)
{%- endmacro %}

{% macro sum_qty_of(usage, event_type) -%}
{{ sum_qty("case when " ~ usage ~ ".event_type = '" ~ event_type ~ "' then " ~ usage ~ ".quantity else 0 end") }}
{%- endmacro %}

{% macro max_qty_of(usage, event_type) -%}
cast(max(case when {{ usage }}.event_type = '{{ event_type }}' then {{ usage }}.quantity end) as decimal(27,9))
{%- endmacro %}

{#- quantity (27,9) x price (15,6), in whole cents, which may be beyond BIGINT. -#}
{% macro product_cents(q, p) -%}
{{ split_cents(whole_product(q, p), fraction_product(q, p), 1) }}
{%- endmacro %}

{#- The sum of two such products, rounded once. -#}
{% macro products_cents(q1, p1, q2, p2) -%}
{%- set whole = '(' ~ whole_product(q1, p1) ~ ' + ' ~ whole_product(q2, p2) ~ ')' -%}
{%- set fraction = '(' ~ fraction_product(q1, p1) ~ ' + ' ~ fraction_product(q2, p2) ~ ')' -%}
{{ split_cents(whole, fraction, 1) }}
{%- endmacro %}

{#- Hours (27,9) x rate (18,9), to 9 decimals: what is shown. The exact product has up to 42 digits, so the hours' whole
    part and fraction are multiplied apart. -#}
{% macro credit_qty(hours, rate) -%}
{%- set whole = 'cast(floor(' ~ hours ~ ') as decimal(38,0))' -%}
{%- set fraction = 'cast(cast(' ~ hours ~ ' - floor(' ~ hours ~ ') as decimal(38,9)) * 1000000000 as decimal(38,0))' -%}
{{ shown_qty('(' ~ whole ~ ' * ' ~ rate_parts(rate) ~ ' + ' ~ round_div('(' ~ fraction ~ ' * ' ~ rate_parts(rate) ~ ')', '1000000000') ~ ')') }}
{%- endmacro %}

{#- hours (27,9) x rate (18,9) x price (15,6) as the limbs that credit_cents takes: hours and rate x price (15 decimals) as
    whole numbers, cut at 10^12, low ones first. -#}
{% macro credit_limbs(hours, rate, price) -%}
{%- set limb = 'cast(1000000000000 as decimal(38,0))' -%}
{%- set h = qty_parts(hours) -%}
{%- set p = '(' ~ rate_parts(rate) ~ ' * ' ~ price_parts(price) ~ ')' -%}
{{ h }} % {{ limb }} as h0,
{{ int_div(h, limb) }} as h1,
{{ p }} % {{ limb }} as p0,
{{ int_div(p, limb) }} % {{ limb }} as p1,
{{ int_div(p, limb ~ ' * ' ~ limb) }} as p2
{%- endmacro %}

{#- Their product in whole cents, rounded once: as a whole number it is 10^24 times the cents. -#}
{% macro credit_cents() -%}
{%- set limb = 'cast(1000000000000 as decimal(38,0))' -%}
(
    {{ round_div('((h0 * p1 + h1 * p0) * ' ~ limb ~ ' + h0 * p0)', limb ~ ' * ' ~ limb) }}
    + h0 * p2 + h1 * p1
    + h1 * p2 * {{ limb }}
)
{%- endmacro %}

{#- What a month of a campaign comes to by its pricing model, in whole cents that may be beyond BIGINT; the columns in
    scope are those of `measured` in int_campaign_charges. -#}
{% macro campaign_cents() -%}
case
    when fault is not null then null
    when pricing_model = 'bundle' then bundle_cents
    when pricing_model = 'seats' then {{ product_cents('seats_billed', 'seat_price') }}
    when pricing_model = 'credits' then {{ credit_cents() }}
    when pricing_model = 'iaas'
        then {{ products_cents('learners_served', 'outcome_price', 'sessions_completed', 'session_price') }}
    when pricing_model = 'custom' then coalesce(custom_amount_cents, 0)
end
{%- endmacro %}

{#- A bundle's price over its campaigns: all of it, floors first and then a cent each by largest remainder, where the
    shares are whole; each share as it stands where they nearly are; nothing where they are not. -#}
{% macro bundle_shares(campaigns, allocations) -%}
select
    period,
    campaign_id,
    verdict,
    cast(case verdict
        when 'ok' then floor_cents + case when remainder_rank <= price_cents - floors_cents then 1 else 0 end
        when 'warning' then {{ round_div('share_of_price', '1000000000') }}
    end as bigint) as amount_cents
from (
    select
        *,
        sum(floor_cents) over (partition by period, bundle_id) as floors_cents,
        row_number() over (partition by period, bundle_id order by remainder desc, campaign_id) as remainder_rank
    from (
        select
            members.period,
            members.campaign_id,
            members.bundle_id,
            allocations.verdict,
            allocations.price_cents,
            members.share_of_price,
            case when allocations.verdict = 'ok' then {{ int_div('members.share_of_price', qty_parts('allocations.total_share')) }} end as floor_cents,
            case when allocations.verdict = 'ok' then members.share_of_price % {{ qty_parts('allocations.total_share') }} end as remainder
        from (
            select
                period,
                campaign_id,
                bundle_id,
                cast({{ qty_parts('bundle_share') }} * bundle_price_cents as decimal(38,0)) as share_of_price
            from {{ campaigns }}
            where pricing_model = 'bundle'
                and fault is null
        ) as members
        inner join {{ allocations }} as allocations
            on members.period = allocations.period
            and members.bundle_id = allocations.bundle_id
    ) as divided
) as ranked
{%- endmacro %}
