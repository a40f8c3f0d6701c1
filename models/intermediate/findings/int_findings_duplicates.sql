-- Delivered events whose id came before (R6, R11): repeated as they were, with another time, or with other content.
with metering_duplicates as (

    select * from {{ ref('int_metering_duplicates') }}
    where delivery_period = {{ run_period() }}

),

llm_duplicates as (

    select * from {{ ref('int_llm_duplicates') }}
    where delivery_period = {{ run_period() }}

),

deployments as (

    select * from {{ ref('int_deployments') }}
    where period = {{ run_period() }}

),

duplicates as (

    select
        'metering' as feed, deployment_id, event_id as id, differing_columns,
        coalesce(differing_columns = 'measured_at', false) as is_retimed
    from metering_duplicates
    union all
    select
        'llm_usage', deployment_id, gateway_request_id, differing_columns,
        coalesce(differing_columns = 'occurred_at', false)
    from llm_duplicates

),

duplicate_events as (

    select
        'duplicate_events' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        feed as subject,
        {{ no_cents() }},
        'Rows of ' || feed || ' that repeat an earlier row: ' || cast(count(*) as varchar) || '; each event counts once.' as message
    from duplicates
    where differing_columns is null
    group by feed

),

retimed_duplicates as (

    select
        'retimed_duplicate' as rule,
        deployments.tenant_id,
        duplicates.deployment_id,
        duplicates.feed as subject,
        {{ no_cents() }},
        {{ repeated_rows('duplicates') }}
            || '; they differ in ' || min(duplicates.differing_columns) || ' alone, and the first delivered counts.' as message
    from duplicates
    left join deployments
        on duplicates.deployment_id = deployments.deployment_id
    where duplicates.is_retimed
    group by duplicates.feed, deployments.tenant_id, duplicates.deployment_id

),

{#- What the later rows say, and less than 0 what the rows before them said, by what each would be billed to. #}
changed_usage as (

    select
        deployment_id as finding_deployment_id,
        deployment_id,
        resource_kind,
        cast(measured_at as date) as used_on,
        case when is_billable then quantity else 0 end as quantity
    from metering_duplicates
    where differing_columns <> 'measured_at'
    union all
    select
        deployment_id,
        previous_deployment_id,
        previous_resource_kind,
        cast(measured_at as date),
        case when previous_is_billable then -1 * previous_quantity else 0 end
    from metering_duplicates
    where differing_columns <> 'measured_at'

),

quantity_changes as (

    select
        finding_deployment_id || '|' || deployment_id || '|' || resource_kind as price_key,
        finding_deployment_id,
        deployment_id,
        resource_kind,
        min(used_on) as used_on,
        {{ sum_qty('quantity') }} as quantity
    from changed_usage
    group by finding_deployment_id, deployment_id, resource_kind

),

plans as (

    {{ nearest_plans('quantity_changes') }}

),

quantities as (

    select
        quantity_changes.price_key,
        plans.plan_version_id,
        quantity_changes.resource_kind,
        abs(quantity_changes.quantity) as qty
    from quantity_changes
    inner join plans
        on quantity_changes.price_key = plans.price_key

),

prices as (

    {{ plan_prices('quantities') }}

),

metering_cents as (

    select
        'metering' as feed,
        quantity_changes.finding_deployment_id as deployment_id,
        plans.currency,
        {{ sum_cents('case when quantity_changes.quantity > 0 then prices.cents else 0 end') }} as expected_cents,
        {{ sum_cents('case when quantity_changes.quantity < 0 then prices.cents else 0 end') }} as actual_cents
    from quantity_changes
    inner join plans
        on quantity_changes.price_key = plans.price_key
    inner join prices
        on quantity_changes.price_key = prices.price_key
    group by quantity_changes.finding_deployment_id, plans.currency

),

{#- A charge of another tenant, deployment or currency is not what the later one would replace there. #}
changed_charges as (

    select deployment_id, currency, 'later' as side, charge
    from llm_duplicates
    where differing_columns <> 'occurred_at'
    union all
    select
        deployment_id,
        currency,
        'first',
        case
            when tenant_id = previous_tenant_id and deployment_id = previous_deployment_id
                and currency is not distinct from previous_currency then previous_charge
            else 0
        end
    from llm_duplicates
    where differing_columns <> 'occurred_at'

),

charge_sums as (

    select
        deployment_id,
        currency,
        side,
        {{ sums_to_convert('charge', 'cast(1 as decimal(18,9))') }}
    from changed_charges
    group by deployment_id, currency, side

),

charge_cents as (

    {{ converted_cents('charge_sums') }}

),

cents as (

    select feed, deployment_id, currency, expected_cents, actual_cents
    from metering_cents
    union all
    select
        'llm_usage',
        deployment_id,
        currency,
        max(case when side = 'later' then converted_cents end),
        max(case when side = 'first' then converted_cents end)
    from charge_cents
    group by deployment_id, currency

),

conflicts as (

    select
        duplicates.feed,
        deployments.tenant_id,
        duplicates.deployment_id,
        {{ repeated_rows('duplicates') }}
            || '; they differ in ' || string_agg(distinct duplicates.differing_columns, ' or in ' order by duplicates.differing_columns)
            || ', and the first delivered counts.' as message
    from duplicates
    left join deployments
        on duplicates.deployment_id = deployments.deployment_id
    where duplicates.differing_columns is not null
        and not duplicates.is_retimed
    group by duplicates.feed, deployments.tenant_id, duplicates.deployment_id

),

conflicting_duplicates as (

    select
        case conflicts.feed when 'metering' then 'conflicting_duplicate' else 'llm_charge_conflict' end as rule,
        conflicts.tenant_id,
        conflicts.deployment_id,
        conflicts.feed || {{ currency_suffix(['conflicts.feed', 'conflicts.deployment_id']) }} as subject,
        cents.expected_cents,
        cents.actual_cents,
        cents.currency,
        conflicts.message
    from conflicts
    left join cents
        on conflicts.feed = cents.feed
        and conflicts.deployment_id = cents.deployment_id

),

final as (

    select * from duplicate_events
    union all
    select * from retimed_duplicates
    union all
    select * from conflicting_duplicates

)

select * from final
