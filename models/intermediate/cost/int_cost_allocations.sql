{#- A matched line is its resource's deployment's, if any delivery has that one; a line of the whole account is shared out by usage where a rule says
    so, each part to 6 decimals: floors first, then one smallest part each by largest remainder (ties: smallest id).
    A line's amount times a deployment's usage has more digits than any engine has, so amounts are divided in two
    stretches, as by hand: the upper digits, and what is left of them with the lower ten. #}
with invoices as (

    select
        *,
        least(period, known_period) as tenant_period
    from {{ ref('int_provider_invoices') }}

),

lines as (

    select * from {{ ref('int_provider_lines') }}
    where not is_tax
        and not is_credit

),

kinds as (

    select * from {{ ref('ref_provider_kinds') }}

),

rules as (

    select * from {{ ref('ref_cost_allocations') }}

),

usage_by_resource as (

    select * from {{ ref('int_usage_by_resource') }}

),

deployments as (

    select * from {{ ref('int_deployment_versions') }}

),

known_deployments as (

    select distinct deployment_id, first_known_from
    from deployments

),

matched_lines as (

    select
        lines.known_period,
        lines.invoice_uuid,
        lines.line_number,
        lines.deployment_id,
        coalesce(kinds.resource_kind, lines.kind, lines.matched_kind) as resource_kind,
        lines.amount,
        lines.matched_by as basis
    from lines
    left join kinds
        on coalesce(lines.kind, lines.matched_kind) = kinds.kind
    inner join known_deployments
        on lines.deployment_id = known_deployments.deployment_id
        and known_deployments.first_known_from <= lines.known_period

),

shared_lines as (

    select
        lines.known_period,
        lines.invoice_uuid,
        lines.line_number,
        lines.period,
        coalesce(named_rules.resource_kind, rules.resource_kind) as resource_kind,
        {{ amount_parts('lines.amount') }} as amount_parts
    from lines
    left join rules
        on lines.product = rules.product
        and rules.described_as is null
    left join rules as named_rules
        on lines.product = named_rules.product
        and lower(lines.resource_name) = lower(named_rules.described_as)
    where lines.resource_id is null

),

usage_of_months as (

    select
        invoices.known_period,
        usage_by_resource.usage_period as period,
        usage_by_resource.resource_kind,
        usage_by_resource.deployment_id,
        {{ qty_parts(sum_qty('usage_by_resource.quantity')) }} as used_parts
    from usage_by_resource
    inner join (select distinct known_period, period from invoices) as invoices
        on usage_by_resource.usage_period = invoices.period
        and usage_by_resource.delivery_period <= invoices.known_period
    inner join known_deployments
        on usage_by_resource.deployment_id = known_deployments.deployment_id
        and known_deployments.first_known_from <= invoices.known_period
    group by
        invoices.known_period,
        usage_by_resource.usage_period,
        usage_by_resource.resource_kind,
        usage_by_resource.deployment_id

),

shares as (

    select
        shared_lines.known_period,
        shared_lines.invoice_uuid,
        shared_lines.line_number,
        shared_lines.resource_kind,
        usage_of_months.deployment_id,
        shared_lines.amount_parts,
        usage_of_months.used_parts,
        cast(sum(usage_of_months.used_parts) over (
            partition by shared_lines.known_period, shared_lines.invoice_uuid, shared_lines.line_number
        ) as decimal(38,0)) as all_parts
    from shared_lines
    inner join usage_of_months
        on shared_lines.known_period = usage_of_months.known_period
        and shared_lines.period = usage_of_months.period
        and shared_lines.resource_kind = usage_of_months.resource_kind
        and usage_of_months.used_parts > 0

),

upper_digits as (

    select
        *,
        {{ int_div('amount_parts', ten_digits()) }} * used_parts as upper_product
    from shares

),

lower_digits as (

    select
        *,
        (upper_product % all_parts) * {{ ten_digits() }}
            + (amount_parts % {{ ten_digits() }}) * used_parts as lower_product
    from upper_digits

),

divided as (

    select
        *,
        {{ int_div('upper_product', 'all_parts') }} * {{ ten_digits() }}
            + {{ int_div('lower_product', 'all_parts') }} as floor_parts,
        lower_product % all_parts as remainder
    from lower_digits

),

ranked as (

    select
        *,
        amount_parts - sum(floor_parts) over (
            partition by known_period, invoice_uuid, line_number
        ) as parts_left,
        row_number() over (
            partition by known_period, invoice_uuid, line_number order by remainder desc, deployment_id
        ) as remainder_rank
    from divided

),

parts as (

    select
        known_period,
        invoice_uuid,
        line_number,
        deployment_id,
        resource_kind,
        {{ parts_amount('floor_parts + case when remainder_rank <= parts_left then 1 else 0 end') }} as amount,
        'usage' as basis
    from ranked

),

allocations as (

    select known_period, invoice_uuid, line_number, deployment_id, resource_kind, amount, basis from matched_lines
    union all
    select known_period, invoice_uuid, line_number, deployment_id, resource_kind, amount, basis from parts
    where amount <> 0

),

{#- The tenant as known at the invoice's month, or, where none was known then, the first one. #}
final as (

    select
        allocations.known_period,
        allocations.invoice_uuid,
        invoices.period,
        allocations.line_number,
        allocations.deployment_id,
        deployments.tenant_id,
        allocations.resource_kind,
        cast(allocations.amount as decimal(21,6)) as amount,
        allocations.basis,
        invoices.reported_in,
        invoices.currency,
        invoices.reporting_rate
    from allocations
    inner join invoices
        on allocations.known_period = invoices.known_period
        and allocations.invoice_uuid = invoices.invoice_uuid
    inner join deployments
        on allocations.deployment_id = deployments.deployment_id
        and (
            ({{ known_at('deployments', 'invoices.tenant_period') }})
            or (
                invoices.tenant_period < deployments.first_known_from
                and deployments.known_from = deployments.first_known_from
            )
        )

)

select * from final
