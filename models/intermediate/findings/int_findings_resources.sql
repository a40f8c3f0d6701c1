-- Resources on the provider's bill against the control plane and the meter (R19), each in the run of the invoice's month,
-- or of its delivery if later.
with invoices as (

    select * from {{ ref('int_provider_invoices') }}
    where known_period = {{ run_period() }}

),

lines as (

    select
        lines.*,
        invoices.currency,
        invoices.reporting_rate,
        invoices.reported_in = {{ run_period() }} as is_reported
    from {{ ref('int_provider_lines') }} as lines
    inner join invoices
        on lines.known_period = invoices.known_period
        and lines.invoice_uuid = invoices.invoice_uuid

),

kinds as (

    select * from {{ ref('ref_provider_kinds') }}

),

shared_products as (

    select * from {{ ref('ref_cost_allocations') }}

),

usage_by_resource as (

    select * from {{ ref('int_usage_by_resource') }}
    where delivery_period <= {{ run_period() }}

),

deployments as (

    select * from {{ ref('int_deployment_versions') }} as known_deployments
    where {{ known_at('known_deployments', run_period()) }}

),

unmatched_lines as (

    select
        lines.period,
        lines.kind,
        lines.resource_name,
        lines.currency,
        lines.reporting_rate,
        sum(lines.amount) as amount
    from lines
    inner join kinds
        on lines.kind = kinds.kind
        and kinds.belongs_to_resources
    left join shared_products
        on lines.product = shared_products.product
        and lower(lines.resource_name) = lower(coalesce(shared_products.described_as, lines.resource_name))
    where lines.is_reported
        and lines.resource_id is null
        and not lines.is_tax
        and not lines.is_credit
        and shared_products.product is null
    group by lines.period, lines.kind, lines.resource_name, lines.currency, lines.reporting_rate

),

unmatched_cost as (

    select
        'unmatched_cost' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        {{ earlier_month('period') }} || kind || ' ' || resource_name as subject,
        cast(0 as bigint) as expected_cents,
        {{ provider_cents('amount', 'reporting_rate') }} as actual_cents,
        {{ provider_currency('currency', 'reporting_rate') }} as currency,
        'The provider charged ' || {{ amount_text('amount') }} || ' ' || currency || ' for the ' || replace(kind, '_', ' ')
            || ' ' || resource_name || ' in ' || {{ month_text('period') }}
            || ', which cloud_resources does not have; no deployment bears it.' as message
    from unmatched_lines
    where amount > 0

),

{#- Over all invoices of the month, and over all resources of one name: the meter knows names alone. #}
billed_hours as (

    select
        lines.period,
        lines.deployment_id,
        kinds.resource_kind,
        lower(lines.matched_name) as match_name,
        min(lines.kind) as kind,
        min(lines.matched_name) as resource_name,
        cast(sum(lines.hours) as decimal(38,9)) as hours
    from lines
    inner join kinds
        on lines.kind = kinds.kind
        and kinds.is_metered_in_hours
    where lines.deployment_id is not null
    group by lines.period, lines.deployment_id, kinds.resource_kind, lower(lines.matched_name)
    having sum(lines.hours) is not null
        and count(*) filter (where lines.is_reported) > 0

),

compared_hours as (

    select
        billed_hours.period,
        billed_hours.deployment_id,
        billed_hours.kind,
        billed_hours.match_name,
        billed_hours.resource_name,
        billed_hours.hours as billed_hours,
        cast(coalesce(sum(usage_by_resource.quantity), 0) as decimal(38,9)) as metered_hours
    from billed_hours
    left join usage_by_resource
        on billed_hours.period = usage_by_resource.usage_period
        and billed_hours.deployment_id = usage_by_resource.deployment_id
        and billed_hours.resource_kind = usage_by_resource.resource_kind
        and billed_hours.match_name = lower(usage_by_resource.resource_name)
    group by
        billed_hours.period,
        billed_hours.deployment_id,
        billed_hours.kind,
        billed_hours.match_name,
        billed_hours.resource_name,
        billed_hours.hours

),

metered_hours_mismatch as (

    select
        'metered_hours_mismatch' as rule,
        deployments.tenant_id,
        compared_hours.deployment_id,
        {{ earlier_month('compared_hours.period') }} || compared_hours.kind || ' ' || compared_hours.match_name as subject,
        {{ no_cents() }},
        'The provider billed ' || {{ decimal_text('compared_hours.billed_hours') }} || ' hours of the '
            || replace(compared_hours.kind, '_', ' ') || ' ' || compared_hours.resource_name || ' of deployment '
            || compared_hours.deployment_id || ' for ' || {{ month_text('compared_hours.period') }} || ', and '
            || {{ decimal_text('compared_hours.metered_hours') }} || ' were metered: '
            || {{ decimal_text('abs(compared_hours.metered_hours - compared_hours.billed_hours)') }}
            || case when compared_hours.metered_hours < compared_hours.billed_hours
                then ' are missing in the meter, and nobody is charged for them.'
                else ' more than the provider knows of.'
            end as message
    from compared_hours
    left join deployments
        on compared_hours.deployment_id = deployments.deployment_id
    where abs(compared_hours.metered_hours - compared_hours.billed_hours)
        > {{ threshold('metered_hours_mismatch', 'greatest_hours') }}
        and abs(compared_hours.metered_hours - compared_hours.billed_hours)
        > compared_hours.billed_hours * {{ threshold('metered_hours_mismatch', 'greatest_part') }}

),

final as (

    select * from unmatched_cost
    union all
    select * from metered_hours_mismatch

)

select * from final
