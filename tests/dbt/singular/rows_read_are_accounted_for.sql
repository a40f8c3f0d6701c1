-- Nothing is lost: rows read = loaded + duplicates + quarantined + skipped.
{{ config(tags=['books'], meta={'dagster': {'ref': {'name': 'reconciliation__feed_counts'}}}) }}
select *
from {{ ref('reconciliation__feed_counts') }}
where rows_read <> rows_loaded + rows_duplicate + rows_quarantined + rows_skipped
    or least(rows_loaded, rows_duplicate, rows_quarantined, rows_skipped) < 0
