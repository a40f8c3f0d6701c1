with invoices as (

    select * from {{ ref('int_provider_invoices') }}

),

lines as (

    select * from {{ ref('stg_digitalocean__invoice_lines') }}

),

products as (

    select * from {{ ref('ref_provider_products') }}

),

resources as (

    select
        *,
        lower(resource_name) as match_name
    from {{ ref('stg_control_plane__cloud_resources') }}
    where known_from <= {{ horizon() }}

),

described as (

    select
        invoices.invoice_uuid,
        invoices.period,
        cast(row_number() over (
            partition by invoices.invoice_uuid order by lines.source_file, lines.source_row
        ) as integer) as line_number,
        lines.product,
        products.kind,
        {{ before_last_parenthesis('lines.description') }} as resource_name,
        coalesce(products.is_tax, lines.hours is null and {{ has_word('lines.description', 'gst|tax') }}) as is_tax,
        lines.amount,
        lines.hours,
        lines.project_name
    from invoices
    inner join lines
        on invoices.invoice_uuid = lines.invoice_uuid
        and invoices.delivery_period = lines.delivery_period
    left join products
        on lines.product = products.product

),

{#- A name may have been given to another resource since: the one known at the invoice's month comes first. #}
matched as (

    select
        described.invoice_uuid,
        described.line_number,
        resources.resource_id,
        resources.deployment_id,
        row_number() over (
            partition by described.invoice_uuid, described.line_number
            order by
                case when {{ known_at('resources', 'described.period') }} then 0 else 1 end,
                resources.known_from desc,
                resources.resource_id
        ) as preference
    from described
    inner join resources
        on described.kind = resources.kind
        and lower(described.resource_name) = resources.match_name
    where not described.is_tax

),

final as (

    select
        described.*,
        matched.resource_id,
        matched.deployment_id,
        not described.is_tax and described.amount < 0 and matched.resource_id is null as is_credit
    from described
    left join matched
        on described.invoice_uuid = matched.invoice_uuid
        and described.line_number = matched.line_number
        and matched.preference = 1

)

select * from final
