{# Which metrics the delivered extracts allow, and what the others lack. #}
with delivered as (
    select distinct entity
    from {{ source('landing', 'files') }}
    union
    -- Won deals with a term stand in for contracts.
    select 'contracts' as entity
    from {{ ref('fct_contracts') }}
    union
    -- Where no source delivers people, reps are made of the names that records use.
    select 'reps' as entity
    from {{ ref('dim_reps') }}
),

needs as (
    select
        kpi,
        unnest(string_split(requires, ' ')) as need
    from {{ ref('kpi_catalog') }}
),

met_needs as (
    select
        needs.kpi,
        needs.need,
        count(delivered.entity) > 0 as is_met
    from needs
    left join delivered
        on '|' || needs.need || '|' like '%|' || delivered.entity || '|%'
    group by needs.kpi, needs.need
)

select
    kpi,
    bool_and(is_met) as is_available,
    case
        when not bool_and(is_met)
            then 'not delivered: ' || string_agg(
                replace(need, '|', ' or '), ', ' order by need
            ) filter (where not is_met)
    end as reason
from met_needs
group by kpi
