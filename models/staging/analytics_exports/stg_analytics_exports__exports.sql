select
    export_id,
    k,
    quasi_identifiers,
    column_names,
    row_count,
    smallest_group_size,
    email_columns,
    phone_columns,
    ip_address_columns,
    card_number_columns,
    {{ lineage() }}
from {{ source('raw', 'analytics_exports') }}
