{#- Which findings of several rules are about the same money: those with one stake. It counts once, as the rule says it whose
    findings come to most (at_stake_cents). -#}

{#- A deployment's cost and its margin: what earns nothing loses all that it costs. -#}
{% macro margin_stake(period, deployment_id) -%}
'margin ' || {{ month_text(period) }} || ' ' || {{ deployment_id }}
{%- endmacro %}

{#- A tenant's month as another system billed it and as it was paid, if both are more than the invoice here, or both less:
    a tenant pays what it was billed. -#}
{% macro invoice_stake(tenant_id, period, actual_cents, expected_cents) -%}
'invoice ' || {{ month_text(period) }} || ' ' || {{ tenant_id }} || case when {{ actual_cents }} < {{ expected_cents }} then ' under' else ' over' end
{%- endmacro %}

{#- A difference that an invoice of this month adjusts: that it came late, and that it cost money although a lot was left. -#}
{% macro adjustment_stake() -%}
'adjustment ' || deployment_id || ' ' || subject
{%- endmacro %}

{#- The findings with at_stake_cents, which may be added up over rules: the whole difference of a finding, or 0 where
    another rule says the same money. findings: rule, severity, tenant_id, delta_cents, currency, stake. -#}
{% macro counted_once(findings) -%}
select
    *,
    case
        when delta_cents is null then null
        when stake is null then abs(delta_cents)
        when first_value(rule) over (
            partition by tenant_id, stake, currency
            order by rule_cents desc, rule_rank, rule
        ) = rule then abs(delta_cents)
        else 0
    end as at_stake_cents
from (
    select
        *,
        coalesce(sum(abs(delta_cents)) over by_rule, 0) as rule_cents,
        min(case severity when 'critical' then 1 when 'warning' then 2 else 3 end) over by_rule as rule_rank
    from {{ findings }}
    window by_rule as (partition by tenant_id, stake, currency, rule)
) as summed
{%- endmacro %}
