select
    generated_at as captured_at,
    month_to_date_balance,
    account_balance,
    month_to_date_usage,
    {{ lineage() }}
from {{ source('raw', 'digitalocean_balance') }}
