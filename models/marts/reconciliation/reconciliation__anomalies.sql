{{ config(materialized='kept', made_by='period') }}
with findings as (

    {% for family in ['accounts', 'catalog', 'usage', 'llm', 'future', 'duplicates', 'deliveries', 'invoices', 'adjustments', 'campaigns', 'snapshots', 'patterns', 'references', 'provider', 'resources'] -%}
    select
        rule, tenant_id, deployment_id, subject, expected_cents, actual_cents, currency, message,
        {{ 'stake' if family == 'adjustments' else 'cast(null as varchar) as stake' }}
    from {{ ref('int_findings_' ~ family) }}
    union all
    {% endfor -%}
    {{ findings_of_shadow_invoices() }}
    union all
    select *, cast(null as varchar) as stake from ({{ findings_of_entitlements() }}) as entitlements
    union all
    {{ findings_of_payments() }}
    union all
    select *, cast(null as varchar) as stake from ({{ findings_of_analytics_exports() }}) as analytics_exports
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
        string_agg(distinct message, ' ' order by message) as message,
        max(stake) as stake
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

with_rules as (

    select
        merged.*,
        rules.severity,
        rules.what_to_do,
        merged.actual_cents - merged.expected_cents as delta_cents
    from merged
    inner join rules
        on merged.rule = rules.rule
    left join sealed
        on merged.rule = 'held_invoice'
        and merged.tenant_id = sealed.tenant_id
    where sealed.tenant_id is null

),

counted as (

    {{ counted_once('with_rules') }}

),

final as (

    select
        {{ sha256_hex("concat_ws('|', rule, cast(" ~ run_period() ~ " as varchar), coalesce(tenant_id, ''), coalesce(deployment_id, ''), subject)") }} as anomaly_id,
        {{ run_period() }} as period,
        rule,
        severity,
        tenant_id,
        deployment_id,
        subject,
        expected_cents,
        actual_cents,
        delta_cents,
        at_stake_cents,
        currency,
        message,
        what_to_do
    from counted

)

select * from final
