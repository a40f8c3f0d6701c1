{{ config(materialized='kept', made_by='metering') }}
{{ duplicate_events(
    ref('stg_metering__events'), 'metering', 'event_id',
    content=['deployment_id', 'resource_kind', 'quantity', 'measured_at', 'resource_name', 'capability', 'is_billable'],
    previous=['deployment_id', 'resource_kind', 'quantity', 'is_billable'],
    names={'is_billable': 'billable'},
    months="(select adjustment_months from " ~ source('control', 'run') ~ ")"
) }}
