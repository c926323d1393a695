-- One row: the day that the warehouse speaks from, and the instant at which that day ends.
with load_dates as (
    {%- for entity in var('entities') %}
    select max(_load_date) as load_date from {{ ref('int_' ~ entity ~ '_versioned') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

latest as (
    select
        {{ "cast('" ~ var('as_of') ~ "' as date)" if var('as_of') else 'max(load_date)' }}
            as as_of_date
    from load_dates
)

select
    as_of_date,
    cast({{ add_days('as_of_date', 1) }} as timestamp) as as_of_at
from latest
