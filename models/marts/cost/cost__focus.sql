{#- Column names and allowed values are those of the FOCUS 1.2 specification, https://focus.finops.org. What the
    provider's invoice does not tell (list prices, SKUs, regions) is left out, not made up. -#}
with invoices as (

    select * from {{ ref('cost__invoices') }}

),

lines as (

    select * from {{ ref('cost__lines') }}

),

services as (

    select * from {{ ref('ref_focus_services') }}

),

deployments as (

    select * from {{ ref('int_deployment_versions') }}
    where first_known_from <= {{ horizon() }}

),

tenants as (

    select * from {{ ref('int_tenant_versions') }}
    where first_known_from <= {{ horizon() }}

),

run as (

    select * from {{ source('control', 'run') }}

),

charges as (

    select
        lines.*,
        invoices.currency,
        case when lines.is_tax then 'Tax' when lines.is_credit then 'Credit' else 'Usage' end as charge_category,
        case when lines.is_tax or lines.is_credit then null when lines.hours is null then 1 else lines.hours end as quantity,
        case when lines.is_tax or lines.is_credit then null when lines.hours is null then 'Units' else 'Hours' end as unit,
        {#- The provider writes some ends as the last second of a day; FOCUS means the first that is no longer charged. #}
        case
            when {{ second_text('lines.ended_at') }} like '%235959'
                then cast({{ add_days('cast(lines.ended_at as date)', 1) }} as timestamp)
            else lines.ended_at
        end as ended_before
    from lines
    inner join invoices
        on lines.invoice_uuid = invoices.invoice_uuid

),

attributed as (

    select
        charges.*,
        deployments.tenant_id,
        coalesce(tenants.tenant_name, deployments.tenant_id) as tenant_name
    from charges
    left join deployments
        on charges.deployment_id = deployments.deployment_id
        and {{ known_at_or_first('deployments', 'charges.period') }}
    left join tenants
        on deployments.tenant_id = tenants.tenant_id
        and {{ known_at_or_first('tenants', 'charges.period') }}

),

final as (

    select
        attributed.amount as "BilledCost",
        coalesce('digitalocean:' || run.supplier_abn, 'digitalocean') as "BillingAccountId",
        run.supplier_name as "BillingAccountName",
        attributed.currency as "BillingCurrency",
        cast({{ add_months('attributed.period', 1) }} as timestamp) as "BillingPeriodEnd",
        cast(attributed.period as timestamp) as "BillingPeriodStart",
        attributed.charge_category as "ChargeCategory",
        cast(null as varchar) as "ChargeClass",
        attributed.description as "ChargeDescription",
        case
            when attributed.charge_category = 'Usage' then coalesce(services.charge_frequency, 'Usage-Based')
            else 'One-Time'
        end as "ChargeFrequency",
        attributed.ended_before as "ChargePeriodEnd",
        attributed.started_at as "ChargePeriodStart",
        cast(attributed.quantity as decimal(24,9)) as "ConsumedQuantity",
        attributed.unit as "ConsumedUnit",
        attributed.amount as "ContractedCost",
        attributed.amount as "EffectiveCost",
        attributed.invoice_uuid as "InvoiceId",
        'DigitalOcean' as "InvoiceIssuerName",
        attributed.amount as "ListCost",
        cast(attributed.quantity as decimal(24,9)) as "PricingQuantity",
        attributed.unit as "PricingUnit",
        'DigitalOcean' as "ProviderName",
        'DigitalOcean' as "PublisherName",
        attributed.resource_id as "ResourceId",
        case when attributed.resource_id is not null then nullif(attributed.resource_name, '') end as "ResourceName",
        case when attributed.resource_id is not null then coalesce(attributed.kind, attributed.product) end as "ResourceType",
        coalesce(services.service_category, 'Other') as "ServiceCategory",
        attributed.product as "ServiceName",
        coalesce(services.service_subcategory, 'Other (Other)') as "ServiceSubcategory",
        attributed.tenant_id as "SubAccountId",
        attributed.tenant_name as "SubAccountName",
        attributed.line_number as "x_LineNumber",
        attributed.deployment_id as "x_DeploymentId",
        attributed.project_name as "x_ProjectName"
    from attributed
    cross join run
    left join services
        on attributed.product = services.product

)

select * from final
