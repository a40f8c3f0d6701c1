select
    period,
    period as known_at,
    {{ add_months('period', 1) }} as next_period,
    cast({{ add_months('period', 1) }} - period as integer) as days_in_period
from {{ source('control', 'run') }}
