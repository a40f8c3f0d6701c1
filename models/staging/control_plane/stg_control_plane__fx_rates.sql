select
    month as period,
    from_currency,
    to_currency,
    rate,
    {{ known_span(['month', 'from_currency', 'to_currency']) }}
from {{ source('raw', 'control_plane__fx_rates') }}
