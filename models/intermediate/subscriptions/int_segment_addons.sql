with billed_days as (

    select * from {{ ref('int_billed_days') }}

),

subscription_addons as (

    select * from {{ ref('stg_control_plane__subscription_addons') }} as stg_control_plane__subscription_addons
    where {{ known_at('stg_control_plane__subscription_addons', run_period()) }}

),

final as (

    {{ addon_days('billed_days', 'subscription_addons') }}

)

select * from final
