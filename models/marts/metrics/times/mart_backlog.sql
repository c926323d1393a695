-- One row per day, source, channel, country, team and priority with open tickets at its end.
{{ config(
    materialized='by_day', day='backlog_date', reads=['backlog'],
    all_days="select calendar_date as day, 1 as rows_count from core.dim_date"
) }}

{%- set attributes = ['source', 'channel', 'country_code', 'team', 'priority'] %}
{%- set parts = {
    'backlog_count': 'true',
    'new_count': "status = 'new'",
    'open_count': "status = 'open'",
    'pending_count': "status = 'pending'",
    'hold_count': "status = 'hold'",
    'age_under_1_day_count': "age_band = 'under_1_day'",
    'age_1_to_2_days_count': "age_band = '1_to_2_days'",
    'age_3_to_6_days_count': "age_band = '3_to_6_days'",
    'age_7_to_29_days_count': "age_band = '7_to_29_days'",
    'age_30_days_and_more_count': "age_band = '30_days_and_more'",
} %}

-- What came before the first day in work is the backlog that it begins with.
with changes as (
    select
        {{ attributes | join(', ') }},
        {%- for name, condition in parts.items() %}
        sum(case when {{ condition }} then change_count else 0 end) as {{ name }},
        {%- endfor %}
        greatest(change_date, {{ first_run_day('backlog') }}) as change_date
    from {{ ref('int_backlog_changes') }}
    group by {{ attributes | join(', ') }}, greatest(change_date, {{ first_run_day('backlog') }})
),

days as (
    select * from {{ ref('dim_date') }}
    where {{ in_run_days(none, 'calendar_date', kind='backlog') }}
),

-- A source that stopped says nothing of the days after.
horizons as (
    select * from {{ ref('int_ticket_horizons') }}
),

running as (
    select
        {{ attributes | join(', ') }},
        {%- for name in parts %}
        cast(sum({{ name }}) over (
            partition by {{ attributes | join(', ') }} order by change_date
            rows between unbounded preceding and current row
        ) as bigint) as {{ name }},
        {%- endfor %}
        change_date,
        coalesce(lead(change_date) over (
            partition by {{ attributes | join(', ') }} order by change_date
        ), date '9999-12-31') as until_date
    from changes
)

select
    {%- for name in attributes + parts.keys() | list %}
    running.{{ name }},
    {%- endfor %}
    {{ share_pct(
        'running.age_7_to_29_days_count + running.age_30_days_and_more_count',
        'running.backlog_count'
    ) }} as older_than_7_days_pct,
    days.calendar_date as backlog_date
from running
inner join horizons on running.source = horizons.source
inner join days
    on
        running.change_date <= days.calendar_date
        and running.until_date > days.calendar_date
        and horizons.seen_until_date >= days.calendar_date
where running.backlog_count > 0
