with invoices as (

    select * from {{ ref('int_provider_invoices') }}

),

lines as (

    select * from {{ ref('stg_digitalocean__invoice_lines') }}

),

items as (

    select * from {{ ref('int_provider_items') }}

),

products as (

    select * from {{ ref('ref_provider_products') }}

),

resources as (

    select
        *,
        lower(resource_name) as match_name
    from {{ ref('stg_control_plane__cloud_resources') }}

),

described as (

    select
        invoices.known_period,
        invoices.invoice_uuid,
        invoices.period,
        cast(row_number() over (
            partition by invoices.known_period, invoices.invoice_uuid order by lines.source_file, lines.source_row
        ) as integer) as line_number,
        lines.product,
        products.kind,
        lines.description,
        {{ before_last_parenthesis('lines.description') }} as resource_name,
        coalesce(products.is_tax, lines.hours is null and {{ has_word('lines.description', 'gst|tax') }}) as is_tax,
        lines.amount,
        lines.hours,
        lines.started_at,
        lines.ended_at,
        lines.project_name
    from invoices
    inner join lines
        on invoices.invoice_uuid = lines.invoice_uuid
        and invoices.delivery_period = lines.delivery_period
    left join products
        on lines.product = products.product

),

numbered as (

    select
        *,
        {{ occurrence('line_number') }}
    from described

),

{#- The CSV has no resource ids. A line is the item of the same product, description, amount and start; of several alike
    the first is the first. Where there are more of one than of the other, nobody knows which is which: none is tied. #}
tied as (

    select
        numbered.*,
        items.resource_uuid
    from numbered
    left join items
        on numbered.known_period = items.known_period
        and numbered.invoice_uuid = items.invoice_uuid
        and numbered.product = items.product
        and numbered.description = items.description
        and numbered.amount = items.amount
        and numbered.started_at = items.started_at
        and numbered.occurrence = items.occurrence
        and numbered.occurrences = items.occurrences
        and not numbered.is_tax

),

candidates as (

    select
        tied.known_period, tied.invoice_uuid, tied.line_number, tied.period, 'resource id' as matched_by,
        resources.resource_id, resources.deployment_id, resources.kind, resources.resource_name,
        resources.known_from, resources.known_until
    from tied
    inner join resources
        on tied.resource_uuid = resources.resource_id
        and resources.known_from <= tied.known_period
    union all
    select
        tied.known_period, tied.invoice_uuid, tied.line_number, tied.period, 'resource name',
        resources.resource_id, resources.deployment_id, resources.kind, resources.resource_name,
        resources.known_from, resources.known_until
    from tied
    inner join resources
        on tied.kind = resources.kind
        and lower(tied.resource_name) = resources.match_name
        and resources.known_from <= tied.known_period
    where not tied.is_tax

),

{#- A name may have been given to another resource since: the one known at the invoice's month comes first. #}
matched as (

    select
        *,
        row_number() over (
            partition by known_period, invoice_uuid, line_number
            order by
                matched_by,
                case when {{ known_at('candidates', 'period') }} then 0 else 1 end,
                known_from desc,
                resource_id
        ) as preference
    from candidates

),

final as (

    select
        tied.known_period,
        tied.invoice_uuid,
        tied.period,
        tied.line_number,
        tied.product,
        tied.kind,
        tied.description,
        tied.resource_name,
        tied.is_tax,
        tied.amount,
        tied.hours,
        tied.started_at,
        tied.ended_at,
        tied.project_name,
        matched.matched_by,
        matched.resource_id,
        matched.kind as matched_kind,
        matched.resource_name as matched_name,
        matched.deployment_id,
        not tied.is_tax and tied.amount < 0 and matched.resource_id is null as is_credit
    from tied
    left join matched
        on tied.known_period = matched.known_period
        and tied.invoice_uuid = matched.invoice_uuid
        and tied.line_number = matched.line_number
        and matched.preference = 1

)

select * from final
