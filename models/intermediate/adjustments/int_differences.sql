with rated_periods as (

    select * from {{ ref('int_rated_periods') }}
    where purpose <> 'invoice'

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

rederived_deployments as (

    select * from {{ ref('int_rederived_deployments') }}

),

drafts as (

    select * from {{ source('carried', 'drafts') }}

),

late_subjects as (

    select distinct
        usage_period,
        coalesce(deployment_id, campaign_id) as subject,
        feed = 'campaigns' as is_campaign
    from {{ ref('int_late_usage') }}

),

amounts as (

    select
        period, tenant_id, deployment_id, campaign_id, kind, resource_kind,
        amount_cents as expected_cents,
        0 as invoiced_cents,
        cast(null as varchar) as invoiced_currency
    from {{ ref('int_charges') }}
    union all
    select
        period, tenant_id, deployment_id, campaign_id, kind, resource_kind,
        0,
        amount_cents,
        currency
    from {{ ref('int_invoiced_charges') }}

),

compared as (

    select
        period,
        tenant_id,
        deployment_id,
        campaign_id,
        kind,
        resource_kind,
        {{ sum_cents('expected_cents') }} as expected_cents,
        {{ sum_cents('invoiced_cents') }} as invoiced_cents,
        max(invoiced_currency) as invoiced_currency
    from amounts
    group by period, tenant_id, deployment_id, campaign_id, kind, resource_kind

),

final as (

    select
        compared.*,
        compared.expected_cents - compared.invoiced_cents as difference_cents,
        tenants_then.currency,
        tenants_now.currency as invoice_currency,
        case
            when rated_periods.purpose = 'late' then 'beyond_window'
            when tenants_now.tenant_id is null or tenants_then.tenant_id is null then 'unknown_tenant'
            when drafts.tenant_id is not null then 'draft'
            when tenants_then.currency <> tenants_now.currency then 'currency_mismatch'
            when compared.invoiced_currency <> tenants_now.currency then 'currency_mismatch'
        end as fault
    from compared
    inner join rated_periods
        on compared.period = rated_periods.period
    left join tenants as tenants_then
        on compared.period = tenants_then.period
        and compared.tenant_id = tenants_then.tenant_id
    left join tenants as tenants_now
        on tenants_now.period = {{ run_period() }}
        and compared.tenant_id = tenants_now.tenant_id
    left join rederived_deployments
        on compared.period = rederived_deployments.period
        and compared.deployment_id = rederived_deployments.deployment_id
    left join drafts
        on compared.period = drafts.period
        and compared.tenant_id = drafts.tenant_id
    left join late_subjects
        on compared.period = late_subjects.usage_period
        and coalesce(compared.deployment_id, compared.campaign_id) = late_subjects.subject
        and (compared.kind = 'campaign') = late_subjects.is_campaign
    where (compared.expected_cents <> compared.invoiced_cents or compared.invoiced_currency <> tenants_then.currency)
        and (compared.deployment_id is null or rederived_deployments.deployment_id is not null)
        and (
            rated_periods.purpose <> 'late'
            or (late_subjects.subject is not null and compared.kind in ('overage', 'minimum', 'llm_usage', 'campaign'))
        )

)

select * from final
