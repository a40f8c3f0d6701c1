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

{#- R19 has one row for a subject: a rule that finds two things of one name says both. #}
merged as (

    select
        rule,
        tenant_id,
        deployment_id,
        subject,
        case when count(distinct currency) <= 1 then {{ sum_cents('expected_cents') }} end as expected_cents,
        case when count(distinct currency) <= 1 then {{ sum_cents('actual_cents') }} end as actual_cents,
        case when count(distinct currency) <= 1 then max(currency) end as currency,
        string_agg(distinct message, ' ' order by message) as message
    from findings
    group by rule, tenant_id, deployment_id, subject

),

sealed as (

    select distinct tenant_id
    from {{ source('ledger', 'current_invoices') }}
    where period = {{ run_period() }}

),

rules as (

    select * from {{ ref('ref_anomaly_rules') }}

),

tenants as (

    select * from {{ ref('int_tenant_versions') }}

),

final as (

    select
        {{ sha256_hex("concat_ws('|', merged.rule, cast(" ~ run_period() ~ " as varchar), coalesce(merged.tenant_id, ''), coalesce(merged.deployment_id, ''), merged.subject)") }} as anomaly_id,
        {{ run_period() }} as period,
        merged.rule,
        rules.severity,
        merged.tenant_id,
        tenants.tenant_name,
        merged.deployment_id,
        merged.subject,
        merged.expected_cents,
        merged.actual_cents,
        merged.actual_cents - merged.expected_cents as delta_cents,
        merged.currency,
        merged.message,
        rules.what_to_do
    from merged
    inner join rules
        on merged.rule = rules.rule
    left join tenants
        on merged.tenant_id = tenants.tenant_id
        and {{ known_at_or_first('tenants', run_period()) }}
    left join sealed
        on merged.rule = 'held_invoice'
        and merged.tenant_id = sealed.tenant_id
    where sealed.tenant_id is null

)

select * from final
