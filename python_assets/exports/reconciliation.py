"""`reconciliation`: a row per provider invoice and per tenant of a month, expected against billed.

A provider's invoice is held against its own summary; its parts of cents are rounded here, not in the verdict. A
tenant's invoice is held against what another system billed, where a delivery tells of that month (the newest
comparison counts); else against what its overage should be by all that is known, before tax. Verdicts are those of
the published tables.
"""

RECONCILIATION = """
with provider as (

    select
        {period} as period,
        'provider_invoice' as kind,
        invoice_uuid as subject,
        'DigitalOcean' as name,
        currency,
        cast(round(summary_total * 100, 0) as bigint) as expected_cents,
        cast(round(gross * 100, 0) as bigint) as billed_cents,
        case
            when summary_total is null then 'no_summary'
            when gross <> summary_total then 'provider_total_mismatch'
            else 'ok'
        end as verdict,
        'summary of the provider' as expected_from,
        cast(null as varchar) as explanation
    from cost.invoices
    where period = {period}

),

invoices as (

    select
        tenant_id,
        any_value(tenant_name) as tenant_name,
        arg_max(currency, version) as currency,
        coalesce(bool_or(status = 'draft'), false) as is_draft,
        cast(coalesce(sum(total_cents) filter (where is_current), 0) as bigint) as total_cents
    from billing.invoices
    where period = {period}
    group by tenant_id

),

overages as (

    select
        tenant_id,
        cast(sum(expected_overage_cents) - sum(billed_overage_cents) as bigint) as missing_cents,
        case
            when bool_or(verdict in ('undercharged', 'overcharged')) then
                string_agg(distinct deployment_id || ' ' || resource_kind || ' ' || verdict, ', '
                order by deployment_id || ' ' || resource_kind || ' ' || verdict)
                filter (where verdict in ('undercharged', 'overcharged'))
        end as explanation
    from reconciliation.entitlement_matrix
    where period = {period}
    group by tenant_id

),

billed_elsewhere as (

    select *
    from reconciliation.shadow_invoices
    where invoice_period = {period}
    qualify row_number() over (partition by tenant_id order by period desc) = 1

),

tenants as (

    select
        {period} as period,
        'tenant' as kind,
        tenant_id as subject,
        invoices.tenant_name as name,
        coalesce(invoices.currency, billed_elsewhere.currency) as currency,
        case
            when billed_elsewhere.tenant_id is not null then billed_elsewhere.expected_total_cents
            else coalesce(invoices.total_cents, 0) + coalesce(overages.missing_cents, 0)
        end as expected_cents,
        case
            when billed_elsewhere.tenant_id is not null then billed_elsewhere.billed_total_cents
            else coalesce(invoices.total_cents, 0)
        end as billed_cents,
        case
            when billed_elsewhere.tenant_id is not null then billed_elsewhere.verdict
            when overages.missing_cents > 0 then 'undercharge'
            when overages.missing_cents < 0 then 'overcharge'
            when invoices.is_draft then 'draft'
            else 'ok'
        end as verdict,
        case
            when billed_elsewhere.tenant_id is not null then 'invoice here, billed by another system'
            else 'entitlements'
        end as expected_from,
        case
            when billed_elsewhere.tenant_id is not null then billed_elsewhere.explanation
            else overages.explanation
        end as explanation
    from invoices
    full outer join billed_elsewhere using (tenant_id)
    full outer join overages using (tenant_id)

),

rows as (

    select * from provider
    union all
    select * from tenants

)

select
    period, kind, subject, name, currency, expected_cents, billed_cents,
    coalesce(billed_cents, 0) - coalesce(expected_cents, 0) as delta_cents,
    verdict, expected_from, explanation
from rows
order by kind, subject
"""
