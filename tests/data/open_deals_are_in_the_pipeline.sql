{{ config(meta={'dagster': {'ref': {'name': 'fct_pipeline_snapshots'}}}) }}
{# On the as-of date the pipeline, which is read from history, holds the deals that are
   open by their own records; and no deal twice. Deals that are to change after that
   date are left out: by their records they have already. #}
with settings as (
    select as_of_date from {{ source('landing', 'settings') }}
),

changing as (
    select distinct intervals.opportunity_id
    from {{ ref('fct_opportunity_intervals') }} as intervals
    cross join settings
    where intervals.valid_from_date > settings.as_of_date
),

in_pipeline as (
    select
        snapshots.opportunity_id,
        count(*) as times
    from {{ ref('fct_pipeline_snapshots') }} as snapshots
    inner join settings
        on snapshots.snapshot_date = settings.as_of_date
    where snapshots.snapshot = 'closing'
    group by snapshots.opportunity_id
)

select
    case
        when in_pipeline.times is null then 'open, but not in the pipeline'
        when in_pipeline.times > 1 then 'more than once in the pipeline'
        else 'closed, but in the pipeline'
    end as problem,
    deals.opportunity_id,
    deals.outcome,
    deals.created_date,
    deals.closed_date
from {{ ref('fct_opportunities') }} as deals
cross join settings
left join in_pipeline
    on deals.opportunity_id = in_pipeline.opportunity_id
where
    deals.opportunity_id not in (select changing.opportunity_id from changing)
    -- Without any dated record there are no periods, and no pipeline of any day.
    and exists (select 1 from {{ ref('dim_periods') }})
    and coalesce(deals.created_date <= settings.as_of_date, true)
    and coalesce(in_pipeline.times, 0) <> deals.is_open::integer
