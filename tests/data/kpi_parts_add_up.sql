{{ config(meta={'dagster': {'ref': {'name': 'kpi_values'}}}) }}
{# Where the catalogue says so, all reps, all teams, regions, lead sources and so on add
   up to the company, and months add up to quarters and years. Not so products: a deal
   counts under each of its own. Nor does a period that has months yet to come: what is
   planned for them counts in it already; nor one that begins before the first month:
   what is dated before the first recorded event has no month. #}
with figures as (
    select
        kpi_values.*,
        kpi_catalog.additive_over
    from {{ ref('kpi_values') }} as kpi_values
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on kpi_values.kpi = kpi_catalog.kpi
),

additive_scopes as (
    select
        kpi,
        kpi as whole_kpi,
        unnest(string_split(scopes, ' ')) as scope_type
    from {{ ref('kpi_catalog') }}
    where additive_over in ('scopes', 'both')
    {% for kpi, scope_type in [
        ('sales_by_region', 'customer_region'), ('sales_by_customer', 'customer'),
    ] -%}
    union all
    select
        '{{ kpi }}' as kpi,
        'sales' as whole_kpi,
        '{{ scope_type }}' as scope_type
    {% endfor -%}
),

scope_sums as (
    select
        kpi,
        scope_type,
        period_type,
        period_start,
        sum(value) as parts,
        sum(abs(value)) as magnitude
    from figures
    group by kpi, scope_type, period_type, period_start
),

by_scope as (
    select
        'the company is not the sum of its parts' as problem,
        scopes.kpi,
        scopes.scope_type,
        null as scope_id,
        company.period_type,
        company.period_start,
        company.value as whole,
        coalesce(sums.parts, 0) as parts,
        coalesce(sums.magnitude, 0) as magnitude
    from additive_scopes as scopes
    inner join figures as company
        on scopes.whole_kpi = company.kpi and company.scope_type = 'company'
    left join scope_sums as sums
        on
            scopes.kpi = sums.kpi
            and scopes.scope_type = sums.scope_type
            and company.period_type = sums.period_type
            and company.period_start = sums.period_start
    where scopes.scope_type not in ('product', 'product_family')
),

elapsed_periods as (
    select
        period_type,
        period_start,
        period_end
    from {{ ref('dim_periods') }}
    where
        period_type <> 'month'
        and period_end <= (
            select max(months.period_end)
            from {{ ref('dim_periods') }} as months
            where months.period_type = 'month'
        )
        and period_start >= (
            select min(months.period_start)
            from {{ ref('dim_periods') }} as months
            where months.period_type = 'month'
        )
),

month_sums as (
    select
        figures.kpi,
        figures.scope_type,
        figures.scope_id,
        periods.period_type,
        periods.period_start,
        sum(figures.value) as parts,
        sum(abs(figures.value)) as magnitude
    from figures
    inner join elapsed_periods as periods
        on figures.period_start between periods.period_start and periods.period_end
    where figures.additive_over in ('periods', 'both') and figures.period_type = 'month'
    group by
        figures.kpi, figures.scope_type, figures.scope_id, periods.period_type,
        periods.period_start
),

longer_periods as (
    select figures.*
    from figures
    inner join elapsed_periods using (period_type, period_start)
    where figures.additive_over in ('periods', 'both')
),

by_period as (
    select
        'the period is not the sum of its months' as problem,
        kpi,
        scope_type,
        scope_id,
        period_type,
        period_start,
        coalesce(longer_periods.value, 0) as whole,
        coalesce(month_sums.parts, 0) as parts,
        coalesce(month_sums.magnitude, 0) as magnitude
    from longer_periods
    full outer join month_sums
        using (kpi, scope_type, scope_id, period_type, period_start)
),

sums as (
    select * from by_scope
    union all
    select * from by_period
)

select
    problem,
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    whole,
    parts
from sums
where abs(whole - parts) > 1e-9 * magnitude
