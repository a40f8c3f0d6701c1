{{ config(materialized='kept', made_by='period') }}
with run as (

    select
        period,
        {{ add_months('period', -1) }} as previous_period,
        {{ add_months('period', 1) }} as next_period
    from {{ source('control', 'run') }}

),

allowances as (

    select allowances.*
    from {{ ref('billing__usage_allowances') }} as allowances
    inner join run
        on allowances.period = run.period

),

{#- A deployment that was issued to one tenant and is another's by now has both: then each is held against its own. #}
previous_allowances as (

    select
        allowances.*,
        count(*) over (partition by allowances.deployment_id, allowances.resource_kind) > 1 as is_one_of_two
    from {{ ref('billing__usage_allowances') }} as allowances
    inner join run
        on allowances.period = run.previous_period

),

segments as (

    select distinct tenant_id, deployment_id
    from {{ ref('int_segments') }}
    where period = {{ run_period() }}

),

subscriptions as (

    select * from {{ ref('int_subscription_versions') }} as int_subscription_versions
    where {{ known_at('int_subscription_versions', run_period()) }}

),

plans as (

    select
        subscriptions.deployment_id,
        subscriptions.plan_version_id,
        max(case when {{ covers_between('subscriptions', 'run.previous_period', 'run.period') }} then 1 else 0 end) as is_before,
        max(case when {{ covers_between('subscriptions', 'run.period', 'run.next_period') }} then 1 else 0 end) as is_now
    from subscriptions
    cross join run
    group by subscriptions.deployment_id, subscriptions.plan_version_id

),

plan_changes as (

    select
        deployment_id,
        max(case when is_before <> is_now then 1 else 0 end) = 1 as has_changed
    from plans
    group by deployment_id

),

expected_overages as (

    select tenant_id, deployment_id, resource_kind, {{ sum_cents('amount_cents') }} as cents
    from {{ ref('int_charges') }}
    where period = {{ run_period() }}
        and kind = 'overage'
    group by tenant_id, deployment_id, resource_kind

),

billed_overages as (

    select tenant_id, deployment_id, resource_kind, {{ sum_cents('amount_cents') }} as cents
    from {{ ref('billing__invoice_lines') }}
    where period = {{ run_period() }}
        and kind = 'overage'
        and is_current
    group by tenant_id, deployment_id, resource_kind

),

subjects as (

    select tenant_id, deployment_id, resource_kind from allowances
    union
    select segments.tenant_id, segments.deployment_id, previous_allowances.resource_kind
    from previous_allowances
    inner join segments
        on previous_allowances.deployment_id = segments.deployment_id
    where previous_allowances.allowance_qty > 0

),

joined as (

    select
        subjects.tenant_id,
        subjects.deployment_id,
        subjects.resource_kind,
        previous_allowances.allowance_qty as previous_allowance_qty,
        coalesce(allowances.allowance_qty, 0) as allowance_qty,
        coalesce(allowances.used_qty, 0) as used_qty,
        coalesce(expected_overages.cents, 0) as expected_overage_cents,
        coalesce(billed_overages.cents, 0) as billed_overage_cents,
        segments.deployment_id is not null
            and not plan_changes.has_changed
            and coalesce(allowances.allowance_qty, 0) < coalesce(previous_allowances.allowance_qty, 0) as has_shrunk
    from subjects
    left join allowances
        on subjects.tenant_id = allowances.tenant_id
        and subjects.deployment_id = allowances.deployment_id
        and subjects.resource_kind = allowances.resource_kind
    left join previous_allowances
        on subjects.deployment_id = previous_allowances.deployment_id
        and subjects.resource_kind = previous_allowances.resource_kind
        and (subjects.tenant_id = previous_allowances.tenant_id or not previous_allowances.is_one_of_two)
    left join segments
        on subjects.tenant_id = segments.tenant_id
        and subjects.deployment_id = segments.deployment_id
    left join plan_changes
        on subjects.deployment_id = plan_changes.deployment_id
    left join expected_overages
        on subjects.tenant_id = expected_overages.tenant_id
        and subjects.deployment_id = expected_overages.deployment_id
        and subjects.resource_kind = expected_overages.resource_kind
    left join billed_overages
        on subjects.tenant_id = billed_overages.tenant_id
        and subjects.deployment_id = billed_overages.deployment_id
        and subjects.resource_kind = billed_overages.resource_kind

),

final as (

    select
        {{ run_period() }} as period,
        tenant_id,
        deployment_id,
        resource_kind,
        previous_allowance_qty,
        allowance_qty,
        used_qty,
        expected_overage_cents,
        billed_overage_cents,
        case
            when billed_overage_cents < expected_overage_cents then 'undercharged'
            when billed_overage_cents > expected_overage_cents then 'overcharged'
            when has_shrunk then 'shrank'
            else 'ok'
        end as verdict,
        coalesce(has_shrunk, false) as has_shrunk
    from joined

)

select * from final
