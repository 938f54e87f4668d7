{# An id, an email or a full name, tried in that order. #}
with persons as (
    select * from {{ ref('int_people') }}
    where
        is_person
        -- Whom the reps extract names is a rep, whatever the CRM takes him for.
        or rep_id in (
            select people.rep_id from {{ ref('int_people') }} as people
            where people.is_in_extract
        )
),

keys as (
    select
        person_id as reference,
        rep_id,
        1 as precedence
    from persons
    union all
    select
        native_id as reference,
        rep_id,
        2 as precedence
    from persons
    union all
    select
        left(native_id, 15) as reference,
        rep_id,
        3 as precedence
    from persons
    -- Salesforce's reports show 15 of the 18 characters of an id; so may any file.
    where regexp_full_match(native_id, '005[0-9A-Za-z]{12}[A-Z0-5]{3}')
    union all
    select
        email as reference,
        rep_id,
        4 as precedence
    from persons
    union all
    select
        name as reference,
        rep_id,
        5 as precedence
    from persons
)

select
    reference,
    rep_id
from keys
where reference is not null
qualify
    row_number() over (partition by reference order by precedence, rep_id) = 1
