-- One row per period (month or year), contact type, source and country.
with days as (
    select * from {{ ref('mart_response_times_summary') }}
    where contact_type in ('ticket', 'chat') and contact_date is not null
),

periods as (
    {%- for period in ('month', 'year') %}
    {{ 'union all' if not loop.first }}
    select
        '{{ period }}' as period_kind,
        cast(date_trunc('{{ period }}', contact_date) as date) as period_start_date,
        contact_type,
        source,
        country_code,
        cast(sum(replied_count) as bigint) as replied_count,
        {{ seconds_sum('first_response_seconds_sum') }} as first_response_seconds_sum
    from days
    group by 2, 3, 4, 5
    {%- endfor %}
),

compared as (
    select
        periods.*,
        periods.first_response_seconds_sum / nullif(periods.replied_count, 0)
            as first_response_seconds_avg,
        earlier.replied_count as prev_year_replied_count,
        earlier.first_response_seconds_sum / nullif(earlier.replied_count, 0)
            as first_response_seconds_avg_prev_year
    from periods
    left join periods as earlier
        on
            periods.period_kind = earlier.period_kind
            and periods.contact_type = earlier.contact_type
            and periods.source = earlier.source
            and periods.country_code = earlier.country_code
            and periods.period_start_date
            = cast(earlier.period_start_date + interval '1' year as date)
)

select
    period_kind,
    contact_type,
    source,
    country_code,
    replied_count,
    prev_year_replied_count,
    first_response_seconds_sum,
    first_response_seconds_avg,
    first_response_seconds_avg_prev_year,
    first_response_seconds_avg - first_response_seconds_avg_prev_year
        as first_response_seconds_delta_yoy,
    {{ is_reportable('replied_count') }} as is_reportable,
    period_start_date
from compared
where replied_count > 0
