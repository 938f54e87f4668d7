{# The given targets that a target for a period is the sum of: its own, else, where the
   metric adds up over time, those of its quarters and months. #}
with given as (
    select
        targets.kpi,
        targets.scope_type,
        case targets.scope_type
            when 'rep' then reps.rep_id
            when 'company' then 'company'
            when 'product' then products.record_id
            when 'customer' then accounts.record_id
            when 'campaign' then campaigns.record_id
            else targets.scope_ref
        end as scope_id,
        targets.period_type,
        date_trunc('month', targets.period_start)::date as period_start,
        case targets.period_type when 'month' then 1 when 'quarter' then 3 else 12 end
            as part_months,
        targets.target
    from (
        select
            kpi,
            scope_type,
            scope_ref,
            period_type,
            period_start,
            target,
            1 as precedence
        from {{ ref('stg_flat__targets') }}
        where not is_deleted and exclusion_reason is null
        union all
        select
            kpi,
            scope_type,
            scope_id as scope_ref,
            period_type,
            period_start,
            target,
            2 as precedence
        from {{ ref('kpi_targets') }}
    ) as targets
    left join {{ ref('int_rep_references') }} as persons
        on targets.scope_ref = persons.reference
    left join {{ ref('int_reps') }} as reps
        on persons.rep_id = reps.rep_id
    {% for entity in ['product', 'account', 'campaign'] -%}
    left join {{ ref('int_record_references') }} as {{ entity }}s
        on
            targets.scope_ref = {{ entity }}s.reference
            and {{ entity }}s.entity = '{{ entity }}'
    {% endfor -%}
    qualify row_number() over (
        partition by
            targets.kpi, targets.scope_type, scope_id, targets.period_type,
            date_trunc('month', targets.period_start)
        order by targets.precedence, targets.period_start, targets.target
    ) = 1
),

parts as (
    select
        given.kpi,
        given.scope_type,
        given.scope_id,
        whole.period_type,
        whole.period_start,
        whole.months_long,
        given.period_start as part_start,
        {{ quarter_number(
            'whole.period_start', 'given.period_start', 'given.part_months'
        ) }} as quarter_number,
        given.part_months,
        given.target
    from given
    inner join {{ ref('dim_periods') }} as whole
        on given.period_start between whole.period_start and whole.period_end
    inner join {{ ref('kpi_catalog') }} as kpi_catalog
        on given.kpi = kpi_catalog.kpi
    where
        given.scope_id is not null
        and (
            given.period_type = whole.period_type
            or given.part_months < whole.months_long
            and kpi_catalog.additive_over in ('periods', 'both')
        )
)

-- The longest parts rule: the whole's own target, else in each quarter the quarter's.
select
    kpi,
    scope_type,
    scope_id,
    period_type,
    period_start,
    part_start,
    part_months,
    months_long,
    target
from parts
where quarter_number is not null
qualify {{ is_ruling_part(
    'kpi, scope_type, scope_id, period_type, period_start'
) }}
