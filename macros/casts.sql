{# Casts of delivered text. A value that is not of the stated shape, or a day outside
   `earliest_date` to 2100, is unknown (null), never a guess; landing lists such values.
   Shapes are checked first, because a cast alone is laxer: DuckDB reads `epoch`,
   `2023/1/5` and `1_000`, and drops the offset of an instant cast to a timestamp. #}


{% macro is_plausible_day(column) -%}
left({{ column }}, 10) between (
    select earliest_date::varchar from {{ source('landing', 'settings') }}
) and '2100-12-31'
{%- endmacro %}


{# Salesforce's weekly export gives days a time of midnight; days are never shifted. #}
{% macro to_date(column) -%}
case
    when
        regexp_full_match(
            {{ column }},
            '\d{4}-\d\d-\d\d([T ]00:00(:00(\.0+)?)?(Z|[+-]00(:?00)?)?)?'
        )
        and {{ is_plausible_day(column) }}
        then try_cast(left({{ column }}, 10) as date)
end
{%- endmacro %}


{# The first day of a month, given as any day of it or as YYYY-MM. #}
{% macro to_month(column) -%}
date_trunc('month', {{ to_date(
    "(case when length(" ~ column ~ ") = 7 then " ~ column ~ " || '-01' else "
    ~ column ~ " end)"
) }})::date
{%- endmacro %}


{# A naive timestamp in UTC. A time without a zone is UTC; a day without a time is its
   midnight in the business time zone, so that it stays that day. Seconds are added
   where they lack, since DuckDB reads no zone without them. #}
{% macro to_instant(column) -%}
timezone('UTC', case
    when length({{ column }}) = 10
        then timezone(
            (select business_timezone from {{ source('landing', 'settings') }}),
            {{ to_date(column) }}::timestamp
        )
    when
        regexp_full_match(
            {{ column }},
            '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?'
        )
        and {{ is_plausible_day(column) }}
        then try_cast(
            case
                when substr({{ column }}, 17, 1) = ':' then {{ column }}
                else left({{ column }}, 16) || ':00' || substr({{ column }}, 17)
            end as timestamp with time zone
        )
end)
{%- endmacro %}


{# As `to_instant`, or milliseconds since 1970, as HubSpot's older APIs give. Numbers of
   fewer digits are days or years written without a separator, not of the seventies. #}
{% macro to_instant_ms(column) -%}
{%- set digits = "regexp_extract(" ~ column ~ ", '^-?\\d{12,13}$')" -%}
{%- set instant = "make_timestamp_ms(try_cast(" ~ digits ~ " as bigint))" -%}
coalesce(
    case when {{ is_plausible_day(instant ~ "::varchar") }} then {{ instant }} end,
    {{ to_instant(column) }}
)
{%- endmacro %}


{# The day of an instant in the business time zone. #}
{% macro business_date(instant) -%}
timezone(
    (select business_timezone from {{ source('landing', 'settings') }}),
    timezone('UTC', {{ instant }})
)::date
{%- endmacro %}


{# DECIMAL(28, scale). The narrow cast comes first because from text it is two hundred
   times as quick as the wide one, which is left with what does not fit. #}
{% macro to_decimal(column, scale=8) -%}
{%- set digits = "replace(" ~ column ~ ", '_', '?')" -%}
coalesce(
    try_cast({{ digits }} as decimal(18, {{ scale }}))::decimal(28, {{ scale }}),
    try_cast({{ digits }} as decimal(28, {{ scale }}))
)
{%- endmacro %}


{# DECIMAL(18, 8), 1 being the whole; `whole` is what the source calls it. #}
{% macro to_share(column, whole=1) -%}
try_cast({{ to_decimal(column) }} / {{ whole }} as decimal(18, 8))
{%- endmacro %}


{# A whole number, also where it is written 12.0 or 1.2E1; a broken one is unknown. #}
{% macro to_integer(column) -%}
case
    when {{ to_decimal(column) }} % 1 = 0
        then try_cast({{ to_decimal(column) }} as integer)
end
{%- endmacro %}


{% macro to_boolean(column) -%}
case
    when lower({{ column }}) in ('true', '1') then true
    when lower({{ column }}) in ('false', '0') then false
end
{%- endmacro %}


{# The 18-character id, so that both forms of an id agree: a 15-character one gets its
   checksum, one character for the upper-case letters of each five. An empty lookup,
   also in the weekly export's form of zeros, is null. #}
{% macro salesforce_id(column) -%}
case
    when {{ column }} in ('', '000000000000000', '000000000000000AAA') then null
    when length({{ column }}) = 15
        then {{ column }}
        {%- for chunk in range(3) %}
        || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1
        {%- for bit in range(5) %}
            + (substr({{ column }}, {{ chunk * 5 + bit + 1 }}, 1)
                between 'A' and 'Z')::integer * {{ 2 ** bit }}
        {%- endfor %}, 1)
        {%- endfor %}
    else {{ column }}
end
{%- endmacro %}


{# The key of a Salesforce record among all sources: its org and its id. #}
{% macro salesforce_key(column) -%}
source || ':' || {{ salesforce_id(column) }}
{%- endmacro %}


{# Whether text is a Salesforce id at all: owner changes are told once with names. Ids
   of users and queues begin with two zeros. #}
{% macro is_salesforce_id(column) -%}
regexp_full_match({{ column }}, '00[0-9A-Za-z]{13}([0-9A-Za-z]{3})?')
{%- endmacro %}


{# A rep as a flat file names him: an id, an email, whose case does not matter, or a name. #}
{% macro rep_reference(column) -%}
case when contains({{ column }}, '@') then lower({{ column }}) else {{ column }} end
{%- endmacro %}


{# The key of a HubSpot owner among all sources. Exports made by hand give a full name or
   an email instead of the id, which means a rep by itself. #}
{% macro hubspot_owner_ref(column, source='source') -%}
case
    when regexp_full_match({{ column }}, '\d+') then {{ source }} || ':' || {{ column }}
    else {{ column }}
end
{%- endmacro %}
