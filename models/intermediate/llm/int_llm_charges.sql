with rated_periods as (

    select * from {{ ref('int_rated_periods') }}

),

charges_by_day as (

    select * from {{ ref('int_llm_charges_by_day') }}
    where delivery_period <= {{ run_period() }}

),

rederived_deployments as (

    select * from {{ ref('int_rederived_deployments') }}

),

tenants as (

    select * from {{ ref('int_tenants') }}

),

deployments as (

    select * from {{ ref('int_deployments') }}

),

fx_rates as (

    select * from {{ ref('stg_control_plane__fx_rates') }} as stg_control_plane__fx_rates
    where {{ known_at('stg_control_plane__fx_rates', run_period()) }}

),

summed as (

    select
        rated_periods.period,
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        coalesce(charges_by_day.currency, tenants.currency) as currency,
        tenants.currency as tenant_currency,
        deployments.tenant_id as deployment_tenant_id,
        cast(sum(charges_by_day.charge) as decimal(38,18)) as charge,
        cast(sum(charges_by_day.request_count) as bigint) as request_count
    from charges_by_day
    inner join rated_periods
        on rated_periods.period = charges_by_day.usage_period
    left join rederived_deployments
        on rated_periods.period = rederived_deployments.period
        and charges_by_day.deployment_id = rederived_deployments.deployment_id
    left join tenants
        on rated_periods.period = tenants.period
        and charges_by_day.tenant_id = tenants.tenant_id
    left join deployments
        on rated_periods.period = deployments.period
        and charges_by_day.deployment_id = deployments.deployment_id
    where rated_periods.purpose = 'invoice'
        or rederived_deployments.deployment_id is not null
    group by
        rated_periods.period,
        charges_by_day.tenant_id,
        charges_by_day.deployment_id,
        coalesce(charges_by_day.currency, tenants.currency),
        tenants.currency,
        deployments.tenant_id

),

final as (

    select
        summed.*,
        case when summed.currency = summed.tenant_currency then cast(1 as decimal(18,9)) else fx_rates.rate end as rate
    from summed
    left join fx_rates
        on summed.period = fx_rates.period
        and summed.currency = fx_rates.from_currency
        and summed.tenant_currency = fx_rates.to_currency

)

select * from final
