{#- R14: where a later month is sealed already, lots are not touched again: those that a later seal lists, and all that the
    month's own seals list of the tenants that it reissues. What this month leaves of such a lot is as its newest seal has
    it; of one that it never listed, all that the next month opened with. -#}
with run as (

    select * from {{ source('control', 'run') }}

),

reissues as (

    select * from {{ source('control', 'reissues') }}

),

balances as (

    select
        *,
        row_number() over (partition by period, top_up_id order by seal_number desc) as recency
    from {{ source('carried', 'top_up_balances') }}
    where period >= {{ run_period() }}

),

own_balances as (

    select *
    from balances
    where period = {{ run_period() }}
        and recency = 1

),

later_balances as (

    select
        *,
        row_number() over (partition by top_up_id order by period) as place
    from balances
    where period > {{ run_period() }}
        and recency = 1

),

next_balances as (

    select * from later_balances
    where place = 1

),

final as (

    select
        coalesce(own_balances.top_up_id, next_balances.top_up_id) as top_up_id,
        own_balances.tenant_id,
        own_balances.deployment_id,
        own_balances.resource_kind,
        own_balances.top_up_id is not null as is_sealed,
        coalesce(own_balances.opening_qty, next_balances.opening_qty) as opening_qty,
        cast(coalesce(own_balances.applied_qty, 0) as decimal(27,9)) as applied_qty,
        cast(coalesce(own_balances.expired_qty, 0) as decimal(27,9)) as expired_qty,
        coalesce(own_balances.closing_qty, next_balances.opening_qty) as closing_qty
    from own_balances
    full join next_balances
        on own_balances.top_up_id = next_balances.top_up_id
    inner join run
        on run.is_followed
    left join reissues
        on own_balances.tenant_id = reissues.tenant_id
    where next_balances.top_up_id is not null
        or reissues.tenant_id is not null

)

select * from final
