select distinct
    captured_at,
    month_to_date_balance,
    account_balance,
    month_to_date_usage
from {{ ref('stg_digitalocean__balances') }}
where delivery_period <= {{ horizon() }}
