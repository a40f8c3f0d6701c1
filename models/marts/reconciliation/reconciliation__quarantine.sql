{{ config(materialized='kept', made_by='period') }}
select period, feed, file, line, column_name, value, reason
from {{ ref('int_quarantined_rows') }}
