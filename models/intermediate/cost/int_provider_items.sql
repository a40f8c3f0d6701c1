with invoices as (

    select * from {{ ref('int_provider_invoices') }}

),

{#- Items of an invoice are one list: where one of them was quarantined, nobody knows which line is which (R9). #}
incomplete_deliveries as (

    select distinct
        invoice_uuid,
        period as delivery_period
    from {{ source('control', 'quarantine') }}
    where table_name = 'digitalocean_items'

),

items as (

    select items.*
    from {{ ref('stg_digitalocean__invoice_items') }} as items
    left join incomplete_deliveries
        on items.invoice_uuid = incomplete_deliveries.invoice_uuid
        and items.delivery_period = incomplete_deliveries.delivery_period
    where incomplete_deliveries.invoice_uuid is null

),

newest_deliveries as (

    select
        invoices.known_period,
        invoices.invoice_uuid,
        max(items.delivery_period) as delivery_period
    from invoices
    inner join items
        on invoices.invoice_uuid = items.invoice_uuid
        and items.delivery_period between invoices.delivery_period and invoices.known_period
    group by invoices.known_period, invoices.invoice_uuid

),

delivered as (

    select
        newest_deliveries.known_period,
        items.*
    from newest_deliveries
    inner join items
        on newest_deliveries.invoice_uuid = items.invoice_uuid
        and newest_deliveries.delivery_period = items.delivery_period

),

final as (

    select
        known_period,
        invoice_uuid,
        item_number,
        resource_uuid,
        product,
        description,
        amount,
        started_at,
        {{ occurrence('item_number') }}
    from delivered

)

select * from final
