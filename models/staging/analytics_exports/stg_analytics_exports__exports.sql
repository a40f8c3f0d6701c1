select
    export_id,
    k,
    quasi_identifiers,
    column_names,
    row_count,
    {{ lineage() }}
from {{ source('raw', 'analytics_exports') }}
