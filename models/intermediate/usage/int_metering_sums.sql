{#- All rows are added up in one scan, and what the few duplicates among them come to is taken off again: to look for each
    row among the duplicates would take longer than everything else. -#}
{{ event_sums(ref('stg_metering__events'), false) }}
union all
{{ event_sums(ref('int_metering_duplicates'), true) }}
