{# The won deals, from the extracts to the metric `sales`, line by line. What is counted
   stands in lines of totals, what explains their differences in the lines between. #}
with settings as (
    select
        reporting_currency,
        as_of_date
    from {{ source('landing', 'settings') }}
),

files as (
    select
        source,
        sum(rows_in_file) as rows_in_file,
        sum(rows_rejected) as rows_rejected,
        sum(rows_filtered) as rows_filtered,
        -- The warehouse no longer keeps them, but a later version of each.
        sum(rows_superseded) as rows_superseded
    from {{ source('landing', 'files') }}
    where entity = 'opportunities'
    group by source
),

delivered as (
    select
        source,
        sum(versions) as records,
        count(*) as deals,
        count_if(is_won) as won_deals
    from {{ ref('int_delivered_deals') }}
    group by source
),

line_amounts as (
    select
        opportunity_id,
        sum(amount)::decimal(28, 8) as amount
    from {{ ref('int_opportunity_lines') }}
    group by opportunity_id
),

won_deals as (
    select
        deals.source,
        deals.left_out_as,
        deals.currency,
        deals.amount as own_amount,
        case when deals.amount is null then line_amounts.amount end as line_amount,
        {{ in_reporting_currency(
            'coalesce(deals.amount, line_amounts.amount)', 'rates.rate'
        ) }} as amount
    from {{ ref('int_delivered_deals') }} as deals
    cross join settings
    left join line_amounts
        on deals.opportunity_id = line_amounts.opportunity_id
    left join {{ ref('fct_opportunities') }} as facts
        on deals.opportunity_id = facts.opportunity_id
    left join {{ ref('int_exchange_rates') }} as rates
        on
            deals.currency = rates.currency
            and coalesce(facts.closed_date, settings.as_of_date) >= rates.valid_from
            and coalesce(facts.closed_date, settings.as_of_date) < rates.valid_to
    where deals.is_won
),

kept_deals as (
    select * from won_deals
    where left_out_as is null
),

won_facts as (
    select
        facts.source,
        facts.amount,
        case
            when facts.closed_date is null then 'without a close date'
            when facts.closed_date > settings.as_of_date
                then 'closed after the as-of date'
            when facts.amount is null then 'without an amount'
        end as left_out_as
    from {{ ref('fct_opportunities') }} as facts
    cross join settings
    where facts.is_won
),

lines as (
    select
        source,
        10 as step_number,
        'records in the files' as step,
        true as is_total,
        null as currency,
        rows_in_file as deals,
        null::decimal(38, 8) as amount
    from files
    {% for step_number, step, deals in [
        (11, 'rejected', '-rows_rejected'),
        (12, 'left out by the mapping', '-rows_filtered'),
        (13, 'older versions of a deal', 'delivered.deals - delivered.records - rows_superseded'),
        (14, 'open or lost', 'delivered.won_deals - delivered.deals'),
    ] -%}
    union all
    select
        files.source,
        {{ step_number }} as step_number,
        '{{ step }}' as step,
        false as is_total,
        null as currency,
        {{ deals }} as deals,
        null as amount
    from files
    left join delivered
        on files.source = delivered.source
    {% endfor -%}
    union all
    select
        source,
        20 as step_number,
        'won deals in the extracts' as step,
        true as is_total,
        currency,
        count(*) as deals,
        coalesce(sum(own_amount), 0) as amount
    from won_deals
    group by source, currency
    union all
    select
        source,
        21 as step_number,
        left_out_as as step,
        false as is_total,
        currency,
        -count(*) as deals,
        -coalesce(sum(own_amount), 0) as amount
    from won_deals
    where left_out_as is not null
    group by source, left_out_as, currency
    union all
    select
        source,
        22 as step_number,
        'with the amount of their lines instead of none' as step,
        false as is_total,
        currency,
        0 as deals,
        sum(line_amount) as amount
    from kept_deals
    where line_amount is not null
    group by source, currency
    union all
    select
        source,
        23 as step_number,
        'converted from ' || currency as step,
        false as is_total,
        currency,
        -count(*) as deals,
        -coalesce(sum(coalesce(own_amount, line_amount)), 0) as amount
    from kept_deals
    where currency <> (select settings.reporting_currency from settings)
    group by source, currency
    union all
    select
        kept_deals.source,
        24 as step_number,
        'converted from ' || kept_deals.currency as step,
        false as is_total,
        settings.reporting_currency as currency,
        count(*) as deals,
        coalesce(sum(kept_deals.amount), 0) as amount
    from kept_deals
    cross join settings
    where kept_deals.currency <> settings.reporting_currency
    group by kept_deals.source, kept_deals.currency, settings.reporting_currency
    union all
    select
        sources.source,
        30 as step_number,
        'won deals in fct_opportunities' as step,
        true as is_total,
        settings.reporting_currency as currency,
        coalesce(sum(sources.is_fact), 0) as deals,
        coalesce(sum(sources.amount), 0) as amount
    from (
        select
            source,
            1 as is_fact,
            amount
        from won_facts
        union all
        -- A source whose deals are all open or lost has a total too.
        select
            source,
            0 as is_fact,
            null as amount
        from delivered
    ) as sources
    cross join settings
    group by sources.source, settings.reporting_currency
    union all
    select
        source,
        31 as step_number,
        left_out_as as step,
        false as is_total,
        (select settings.reporting_currency from settings) as currency,
        -count(*) as deals,
        -coalesce(sum(amount), 0) as amount
    from won_facts
    where left_out_as is not null
    group by source, left_out_as
    union all
    select
        null as source,
        40 as step_number,
        'sales of the company' as step,
        true as is_total,
        settings.reporting_currency as currency,
        coalesce(sum(figures.sample_size), 0) as deals,
        coalesce(sum(figures.value), 0)::decimal(38, 8) as amount
    from settings
    left join {{ ref('kpi_values') }} as figures
        on
            figures.kpi = 'sales'
            and figures.scope_type = 'company'
            and figures.period_type = 'year'
    group by settings.reporting_currency
),

-- What the lines since the total before add up to, that total included.
expected as (
    select
        source,
        20 as step_number,
        sum(deals) as deals,
        null as amount
    from lines
    where step_number between 10 and 14
    group by source
    union all
    select
        lines.source,
        30 as step_number,
        sum(lines.deals) as deals,
        sum(lines.amount) as amount
    from lines
    inner join settings
        on lines.currency = settings.reporting_currency
    where lines.step_number between 20 and 24
    group by lines.source
    union all
    select
        null as source,
        40 as step_number,
        coalesce(sum(deals), 0) as deals,
        coalesce(sum(amount), 0) as amount
    from lines
    where step_number between 30 and 31
),

-- The won deals of a source stand in a line for each currency.
totals as (
    select
        source,
        step_number,
        sum(deals) as deals,
        sum(amount) as amount
    from lines
    where is_total
    group by source, step_number
),

differences as (
    select
        totals.source,
        totals.step_number,
        totals.deals - coalesce(expected.deals, 0) as unexplained_deals,
        case
            when totals.step_number = 20 then 0
            -- A metric is a double: of its sum the last digits may differ.
            when
                abs(totals.amount - coalesce(expected.amount, 0))
                <= abs(totals.amount) / 1000000000
                then 0
            else totals.amount - coalesce(expected.amount, 0)
        end as unexplained_amount
    from totals
    left join expected
        on
            totals.source is not distinct from expected.source
            and totals.step_number = expected.step_number
    where totals.step_number > 10
)

select
    row_number() over (
        order by
            lines.source asc nulls last,
            lines.step_number asc,
            lines.currency asc,
            lines.step asc
    ) as line_number,
    lines.source,
    lines.step,
    lines.is_total,
    lines.currency,
    lines.deals::bigint as deals,
    lines.amount::decimal(38, 8) as amount,
    differences.unexplained_deals::bigint as unexplained_deals,
    differences.unexplained_amount::decimal(38, 8) as unexplained_amount
from lines
left join differences
    on
        lines.is_total
        and lines.source is not distinct from differences.source
        and lines.step_number = differences.step_number
where lines.is_total or lines.deals <> 0 or lines.amount <> 0
