{{ config(materialized='kept', made_by='period') }}
{%- set columns = 'rule, tenant_id, deployment_id, subject, expected_cents, actual_cents, currency, message' -%}
{%- set with_cases = ['usage', 'deliveries', 'adjustments'] %}
with findings as (

    {% for family in ['accounts', 'catalog', 'usage', 'llm', 'future', 'duplicates', 'deliveries', 'invoices', 'adjustments', 'campaigns', 'snapshots', 'patterns', 'references', 'provider', 'resources'] -%}
    select
        {{ columns }},
        {{ 'severity_case' if family in with_cases else no_case() }},
        {{ 'stake' if family == 'adjustments' else no_stake() }}
    from {{ ref('int_findings_' ~ family) }}
    union all
    {% endfor -%}
    {% for query in [findings_of_shadow_invoices(), findings_of_payments(), findings_of_margins()] -%}
    select {{ columns }}, {{ no_case() }}, stake from ({{ query }}) as findings_of_money
    union all
    {% endfor -%}
    {% for query in [findings_of_entitlements(), findings_of_analytics_exports()] -%}
    select {{ columns }}, {{ no_case() }}, {{ no_stake() }} from ({{ query }}) as findings_without_money
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

rules as (

    select * from {{ ref('ref_anomaly_rules') }}

),

cases as (

    select * from {{ ref('ref_anomaly_cases') }}

),

graded as (

    select
        findings.*,
        coalesce(cases.severity, rules.severity) as severity,
        coalesce(cases.what_to_do, rules.what_to_do) as what_to_do,
        row_number() over (
            partition by findings.rule, findings.tenant_id, findings.deployment_id, findings.subject
            order by
                case coalesce(cases.severity, rules.severity) when 'critical' then 1 when 'warning' then 2 else 3 end,
                findings.message
        ) as gravity_rank
    from findings
    inner join rules
        on findings.rule = rules.rule
    left join cases
        on findings.rule = cases.rule
        and findings.severity_case = cases.severity_case

),

{#- R19 has one row for a subject: a rule that finds two things of one name says both, and is as grave as the graver. #}
merged as (

    select
        rule,
        tenant_id,
        deployment_id,
        subject,
        case when count(distinct currency) <= 1 then {{ sum_cents('expected_cents') }} end as expected_cents,
        case when count(distinct currency) <= 1 then {{ sum_cents('actual_cents') }} end as actual_cents,
        case when count(distinct currency) <= 1 then max(currency) end as currency,
        string_agg(distinct message, ' ' order by message) as message,
        max(case when gravity_rank = 1 then severity end) as severity,
        max(case when gravity_rank = 1 then what_to_do end) as what_to_do,
        max(stake) as stake
    from graded
    group by rule, tenant_id, deployment_id, subject

),

sealed as (

    select distinct tenant_id
    from {{ source('ledger', 'current_invoices') }}
    where period = {{ run_period() }}

),

without_sealed as (

    select
        merged.*,
        merged.actual_cents - merged.expected_cents as delta_cents
    from merged
    left join sealed
        on merged.rule = 'held_invoice'
        and merged.tenant_id = sealed.tenant_id
    where sealed.tenant_id is null

),

counted as (

    {{ counted_once('without_sealed') }}

),

tenants as (

    select * from {{ ref('int_tenant_versions') }}

),

final as (

    select
        {{ sha256_hex("concat_ws('|', counted.rule, cast(" ~ run_period() ~ " as varchar), coalesce(counted.tenant_id, ''), coalesce(counted.deployment_id, ''), counted.subject)") }} as anomaly_id,
        {{ run_period() }} as period,
        counted.rule,
        counted.severity,
        counted.tenant_id,
        tenants.tenant_name,
        counted.deployment_id,
        counted.subject,
        counted.expected_cents,
        counted.actual_cents,
        counted.delta_cents,
        counted.at_stake_cents,
        counted.currency,
        counted.message,
        counted.what_to_do
    from counted
    left join tenants
        on counted.tenant_id = tenants.tenant_id
        and {{ known_at_or_first('tenants', run_period()) }}

)

select * from final
