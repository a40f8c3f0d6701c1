{{ config(materialized='kept', made_by='period') }}
with findings as (

    {% for family in ['accounts', 'catalog', 'usage', 'deliveries', 'invoices', 'adjustments', 'campaigns', 'snapshots', 'patterns', 'references', 'provider', 'resources'] -%}
    select rule, tenant_id, deployment_id, subject, expected_cents, actual_cents, currency, message from {{ ref('int_findings_' ~ family) }}
    union all
    {% endfor -%}
    {{ findings_of_shadow_invoices() }}
    union all
    {{ findings_of_entitlements() }}
    union all
    {{ findings_of_payments() }}
    union all
    {{ findings_of_analytics_exports() }}
    union all
    {{ findings_of_margins() }}

),

sealed as (

    select distinct tenant_id
    from {{ source('ledger', 'current_invoices') }}
    where period = {{ run_period() }}

),

rules as (

    select * from {{ ref('ref_anomaly_rules') }}

),

final as (

    select
        {{ sha256_hex("concat_ws('|', findings.rule, cast(" ~ run_period() ~ " as varchar), coalesce(findings.tenant_id, ''), coalesce(findings.deployment_id, ''), findings.subject)") }} as anomaly_id,
        {{ run_period() }} as period,
        findings.rule,
        rules.severity,
        findings.tenant_id,
        findings.deployment_id,
        findings.subject,
        findings.expected_cents,
        findings.actual_cents,
        findings.actual_cents - findings.expected_cents as delta_cents,
        findings.currency,
        findings.message,
        rules.what_to_do
    from findings
    inner join rules
        on findings.rule = rules.rule
    left join sealed
        on findings.rule = 'held_invoice'
        and findings.tenant_id = sealed.tenant_id
    where sealed.tenant_id is null

)

select * from final
