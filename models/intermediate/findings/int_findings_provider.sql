-- What is wrong with the provider's invoices themselves (R19), each in the run of its month, or of its delivery if later.
with invoices as (

    select * from {{ ref('int_provider_invoices') }}
    where known_period = {{ run_period() }}

),

lines as (

    select
        lines.*,
        invoices.currency,
        invoices.reporting_rate
    from {{ ref('int_provider_lines') }} as lines
    inner join invoices
        on lines.known_period = invoices.known_period
        and lines.invoice_uuid = invoices.invoice_uuid
        and invoices.reported_in = {{ run_period() }}

),

run as (

    select * from {{ source('control', 'run') }}

),

totals as (

    select
        invoices.invoice_uuid,
        invoices.period,
        invoices.summary_total,
        invoices.currency,
        invoices.reporting_rate,
        sum(lines.amount) as gross,
        sum(case when lines.is_tax then lines.amount else 0 end) as tax
    from invoices
    inner join lines
        on invoices.invoice_uuid = lines.invoice_uuid
    group by
        invoices.invoice_uuid,
        invoices.period,
        invoices.summary_total,
        invoices.currency,
        invoices.reporting_rate

),

total_mismatches as (

    select
        'provider_total_mismatch' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        invoice_uuid as subject,
        {{ provider_cents('summary_total', 'reporting_rate') }} as expected_cents,
        {{ provider_cents('gross', 'reporting_rate') }} as actual_cents,
        {{ provider_currency('currency', 'reporting_rate') }} as currency,
        'The lines of the provider''s invoice ' || invoice_uuid || ' for ' || {{ month_text('period') }} || ' add up to '
            || {{ amount_text('gross') }} || ' ' || currency || ', and its summary says '
            || {{ amount_text('summary_total') }} || '; fetch it again or ask the provider.' as message
    from totals
    where gross <> summary_total

),

summaries_alone as (

    select
        'provider_total_mismatch' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        summaries.invoice_uuid as subject,
        {{ reporting_cents('summaries.summary_total', '1') }} as expected_cents,
        cast(0 as bigint) as actual_cents,
        cast('USD' as varchar) as currency,
        'The provider''s invoice ' || summaries.invoice_uuid || ' has a summary that says '
            || {{ amount_text('summaries.summary_total') }} || ' USD, and no line was delivered with it: its cost is not in the '
            || 'books; fetch it again.' as message
    from {{ ref('stg_digitalocean__invoice_summaries') }} as summaries
    left join invoices
        on summaries.invoice_uuid = invoices.invoice_uuid
    where summaries.delivery_period = {{ run_period() }}
        and summaries.summary_total <> 0
        and invoices.invoice_uuid is null

),

{#- What of an invoice was quarantined, since its newest delivery; of one without a usable line, what this month delivers. #}
quarantined as (

    select
        quarantined.invoice_uuid,
        {{ quarantined_records('quarantined.file', 'quarantined.line', 'count(*)') }} as reason,
        max(case quarantined.table_name when 'digitalocean_invoices' then 1 else 0 end) as lacks_lines,
        max(case quarantined.table_name when 'digitalocean_items' then 1 else 0 end) as lacks_items,
        max(case quarantined.table_name when 'digitalocean_summaries' then 1 else 0 end) as lacks_summary
    from {{ source('control', 'quarantine') }} as quarantined
    left join invoices
        on quarantined.invoice_uuid = invoices.invoice_uuid
    where quarantined.feed = 'digitalocean_invoices'
        and quarantined.invoice_uuid is not null
        and (
            (invoices.reported_in = {{ run_period() }} and quarantined.period between invoices.delivery_period and {{ run_period() }})
            or (invoices.invoice_uuid is null and quarantined.period = {{ run_period() }})
        )
    group by quarantined.invoice_uuid

),

incomplete_invoices as (

    select
        'provider_total_mismatch' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        invoice_uuid as subject,
        {{ no_cents() }},
        'The provider''s invoice ' || invoice_uuid || ' came incomplete (' || reason || '):'
            || case lacks_lines when 1 then ' its cost and the margins lack those lines;' else '' end
            || case lacks_items when 1 then ' its lines were matched to resources by name alone;' else '' end
            || case lacks_summary when 1 then ' its total was not checked;' else '' end
            || ' correct the file or fetch it again.' as message
    from quarantined

),

{#- A month counts as invoiced from the run that first could see an invoice for it. #}
invoiced_months as (

    select
        period,
        min(greatest(period, first_delivery_period)) as seen_in
    from invoices
    where period <= {{ run_period() }}
    group by period

),

gaps as (

    select
        later.period as later_period,
        max(earlier.period) as earlier_period
    from invoiced_months as later
    inner join invoiced_months as earlier
        on earlier.period < later.period
    group by later.period
    having max(earlier.period) < {{ add_months('later.period', -1) }}

),

missing_months as (

    select distinct {{ add_months('gaps.earlier_period', 'numbers.n') }} as period
    from gaps
    inner join (
        select tens.n * 10 + ones.n as n
        from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as tens (n)
        cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as ones (n)
    ) as numbers
        on numbers.n > 0
        and {{ add_months('gaps.earlier_period', 'numbers.n') }} < gaps.later_period

),

{#- First visible in this run: until now there was no invoice before it, or none after it. #}
new_gaps as (

    select
        missing_months.period,
        max(case when invoiced_months.period < missing_months.period then invoiced_months.period end) as earlier_period,
        min(case when invoiced_months.period > missing_months.period then invoiced_months.period end) as later_period
    from missing_months
    cross join invoiced_months
    group by missing_months.period
    having greatest(
        min(case when invoiced_months.period < missing_months.period then invoiced_months.seen_in end),
        min(case when invoiced_months.period > missing_months.period then invoiced_months.seen_in end)
    ) = {{ run_period() }}

),

invoice_gaps as (

    select
        'provider_invoice_gap' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        {{ month_text('period') }} as subject,
        {{ no_cents() }},
        'There is no invoice of the provider for ' || {{ month_text('period') }} || ', though there are ones for '
            || {{ month_text('earlier_period') }} || ' and ' || {{ month_text('later_period') }}
            || '; its cost is missing from that month''s margins.' as message
    from new_gaps

),

taxed_invoices as (

    select
        'provider_tax_despite_abn' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        totals.invoice_uuid as subject,
        cast(0 as bigint) as expected_cents,
        {{ provider_cents('totals.tax', 'totals.reporting_rate') }} as actual_cents,
        {{ provider_currency('totals.currency', 'totals.reporting_rate') }} as currency,
        'The provider''s invoice ' || totals.invoice_uuid || ' for ' || {{ month_text('totals.period') }} || ' has '
            || {{ amount_text('totals.tax') }} || ' ' || totals.currency || ' of tax although you have the ABN '
            || run.supplier_abn || '; give it to the provider, who then charges none.' as message
    from totals
    cross join run
    where totals.tax <> 0
        and run.supplier_abn is not null

),

credits as (

    select
        'provider_credit' as rule,
        cast(null as varchar) as tenant_id,
        cast(null as varchar) as deployment_id,
        invoice_uuid || ' line ' || cast(line_number as varchar) as subject,
        cast(0 as bigint) as expected_cents,
        {{ provider_cents('amount', 'reporting_rate') }} as actual_cents,
        {{ provider_currency('currency', 'reporting_rate') }} as currency,
        'The provider credited ' || {{ amount_text('abs(amount)') }} || ' ' || currency || ' for ' || {{ month_text('period') }}
            || ' (' || description || '); it is no deployment''s.' as message
    from lines
    where is_credit

),

final as (

    select * from total_mismatches
    union all
    select * from summaries_alone
    union all
    select * from incomplete_invoices
    union all
    select * from invoice_gaps
    union all
    select * from taxed_invoices
    union all
    select * from credits

)

select * from final
