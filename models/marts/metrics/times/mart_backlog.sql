-- One row per day, source, channel, country, team and priority with open tickets at its end.
with changes as (
    select
        source,
        channel,
        country_code,
        team,
        priority,
        status,
        age_band,
        change_date,
        sum(change_count) as change_count
    from {{ ref('int_backlog_changes') }}
    group by source, channel, country_code, team, priority, status, age_band, change_date
),

days as (
    select * from {{ ref('dim_date') }}
),

-- A source that stopped says nothing of the days after.
horizons as (
    select
        source,
        max(contact_date) as seen_until_date
    from {{ ref('fct_ticket_times') }}
    group by source
),

running as (
    select
        source,
        channel,
        country_code,
        team,
        priority,
        status,
        age_band,
        change_date,
        sum(change_count) over (
            partition by source, channel, country_code, team, priority, status, age_band
            order by change_date
            rows between unbounded preceding and current row
        ) as open_count,
        coalesce(lead(change_date) over (
            partition by source, channel, country_code, team, priority, status, age_band
            order by change_date
        ), date '9999-12-31') as until_date
    from changes
)

select
    running.source,
    running.channel,
    running.country_code,
    running.team,
    running.priority,
    cast(sum(running.open_count) as bigint) as backlog_count,
    {%- for name in ('new', 'open', 'pending', 'hold') %}
    cast(sum(case when running.status = '{{ name }}' then running.open_count else 0 end) as bigint)
        as {{ name }}_count,
    {%- endfor %}
    {%- for band in (
        'under_1_day', '1_to_2_days', '3_to_6_days', '7_to_29_days', '30_days_and_more'
    ) %}
    cast(
        sum(case when running.age_band = '{{ band }}' then running.open_count else 0 end) as bigint
    )
        as age_{{ band }}_count,
    {%- endfor %}
    {{ share_pct(
        "sum(case when running.age_band in ('7_to_29_days', '30_days_and_more') "
        ~ "then running.open_count else 0 end)",
        'sum(running.open_count)'
    ) }} as older_than_7_days_pct,
    days.calendar_date as backlog_date
from running
inner join horizons on running.source = horizons.source
inner join days
    on
        running.change_date <= days.calendar_date
        and running.until_date > days.calendar_date
        and horizons.seen_until_date >= days.calendar_date
where running.open_count > 0
group by
    days.calendar_date, running.source, running.channel, running.country_code, running.team,
    running.priority
