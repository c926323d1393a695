-- One row: the instant up to which the warehouse speaks, and the reporting day that it ends.
{{ config(materialized='compared', touches='as_of') }}

with load_dates as (
    select _load_date as load_date from {{ ref('int_lake_counts') }}
),

-- A load date is over at midnight UTC; a day that somebody asks for, at midnight in its own zone.
instant as (
    select
        {%- if var('as_of') %}
        {{ to_utc(
            'cast(' ~ add_days("cast('" ~ var('as_of') ~ "' as date)", 1) ~ ' as timestamp)',
            var('reporting_zone')
        ) }} as as_of_at,
        {%- else %}
        cast({{ add_days('max(load_date)', 1) }} as timestamp) as as_of_at,
        {%- endif %}
        max(load_date) as last_load_date
    from load_dates
)

select
    {{ reporting_date("as_of_at - interval '1' second") }} as as_of_date,
    as_of_at
from instant
